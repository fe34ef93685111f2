# A small image: the locked wheels and ours, no compiler, no pip, not root. `state/` is the only place written:
# docker run --read-only --tmpfs /tmp --cap-drop ALL -v controlwatch-state:/app/state controlwatch
# `--build-arg LOCK=requirements-ocr.lock` adds the extra `ocr`, which reads pictures: half a gigabyte more.
FROM python:3.11-slim AS build
ARG LOCK=requirements.lock
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock requirements-ocr.lock ./
RUN python -m venv /opt/controlwatch \
 && /opt/controlwatch/bin/pip install --require-hashes -r "$LOCK"
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY watchers watchers
# pip compiles what it installs: a command in a container would else compile everything again.
# The build back end is among the locked requirements; nothing more is fetched, and pip does not stay.
RUN /opt/controlwatch/bin/pip install --no-deps --no-build-isolation . \
 && /opt/controlwatch/bin/pip uninstall --yes hatchling editables trove-classifiers setuptools pip

FROM python:3.11-slim
RUN install -d -o 10001 -g 10001 -m 0700 /app/state
COPY --from=build /opt/controlwatch /opt/controlwatch
ENV PATH=/opt/controlwatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/app/state CONTROLWATCH_STATE_DIR=/app/state
WORKDIR /app
USER 10001:10001
VOLUME /app/state
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["controlwatch", "health"]
ENTRYPOINT ["controlwatch"]
CMD ["run"]
