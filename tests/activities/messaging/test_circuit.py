"""A circuit opens after failures in a row, rests, tries once, and closes when that went well."""

from activities.messaging.circuit import Circuit, CircuitRules, CircuitState

RULES = CircuitRules(failures=3, rest_seconds=10, longest_rest_seconds=25)


def opened(at: float = 0.0) -> Circuit:
    circuit = Circuit(RULES)
    for _ in range(3):
        circuit = circuit.failed(at)
    return circuit


def test_only_failures_in_a_row_open_it() -> None:
    circuit = Circuit(RULES).failed(0).failed(1)
    assert circuit.succeeded().failed(2).failed(3).state is CircuitState.CLOSED
    assert circuit.failed(2).state is CircuitState.OPEN


def test_an_open_one_lets_a_single_probe_through_when_its_rest_is_over() -> None:
    circuit = opened(at=100)
    assert circuit.admit(109.9) is None
    assert circuit.seconds_left(104) == 6
    probing = circuit.admit(110)
    assert probing is not None
    assert probing.state is CircuitState.HALF_OPEN
    assert probing.admit(111) is None
    closed = probing.succeeded()
    assert closed == Circuit(RULES)
    assert closed.admit(111) is closed


def test_each_probe_that_fails_doubles_the_rest_up_to_a_limit() -> None:
    circuit, now = opened(), 0.0
    for rest in (10.0, 20.0, 25.0, 25.0):
        assert circuit.seconds_left(now) == rest
        now += rest
        probing = circuit.admit(now)
        assert probing is not None
        circuit = probing.failed(now)
    assert circuit.state is CircuitState.OPEN


def test_late_words_of_older_calls_change_no_rest() -> None:
    circuit = opened(at=0)
    assert circuit.succeeded() is circuit
    assert circuit.failed(9) is circuit


def test_a_probe_that_ended_without_a_word_makes_room_for_the_next() -> None:
    probing = opened().admit(10)
    assert probing is not None
    again = probing.abandoned(12)
    assert again.admit(12) is not None
    assert Circuit(RULES).abandoned(1) == Circuit(RULES)
