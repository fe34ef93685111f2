# A small image: the locked wheels and ours, no compiler, no pip, not root. `state/` is the only place written.
FROM python:3.11-slim AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock ./
RUN python -m venv --without-pip /opt/controlwatch \
 && pip --python /opt/controlwatch/bin/python install --require-hashes --no-compile -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY watchers watchers
# The build back end is among the locked requirements; nothing is fetched here.
RUN pip install --require-hashes --no-compile -r requirements.lock \
 && pip --python /opt/controlwatch/bin/python install --no-deps --no-build-isolation --no-compile .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --user-group --home-dir /app --shell /usr/sbin/nologin controlwatch \
 && install -d -o controlwatch -g controlwatch -m 0700 /app/state
COPY --from=build /opt/controlwatch /opt/controlwatch
ENV PATH=/opt/controlwatch/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CONTROLWATCH_STATE_DIR=/app/state
WORKDIR /app
USER 10001:10001
VOLUME /app/state
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s --retries=3 CMD ["controlwatch", "health"]
ENTRYPOINT ["controlwatch"]
CMD ["run"]
