"""What a workflow asks of the server, in the order its source says it."""

import ast
from pathlib import Path

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
COMMANDS = {
    "execute_activity",
    "start_activity",
    "execute_local_activity",
    "execute_child_workflow",
    "start_child_workflow",
    "wait_condition",
    "sleep",
    "continue_as_new",
    "upsert_search_attributes",
    "upsert_memo",
    "patched",
    "deprecate_patch",
    "hop",
}


def fingerprints() -> dict[str, list[str]]:
    """For each module the calls that lead to commands, with the activity or wait they name."""
    found = {path.stem: _calls(ast.parse(path.read_text())) for path in WORKFLOWS.glob("*.py")}
    return {name: calls for name, calls in sorted(found.items()) if calls}


def _calls(tree: ast.AST) -> list[str]:
    calls: list[tuple[int, int, str]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in COMMANDS:
            what = ast.unparse(node.args[0]) if node.args else ""
            limited = any(word.arg == "timeout" for word in node.keywords)
            calls.append(
                (node.lineno, node.col_offset, f"{name}({what}{', timeout' if limited else ''})")
            )
    return [call for _, _, call in sorted(calls)]
