# syntax=docker/dockerfile:1
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
RUN python -m venv /opt/atrium
COPY requirements.txt ./
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY db db
COPY migrations migrations
# The exact versions, but only of what runs here: PostgreSQL comes from its own container.
RUN /opt/atrium/bin/pip install --no-cache-dir --disable-pip-version-check --constraint requirements.txt .

FROM python:${PYTHON}-slim
RUN useradd --system --no-create-home --shell /usr/sbin/nologin atrium
COPY --from=build /opt/atrium /opt/atrium
ENV PATH=/opt/atrium/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ATRIUM_HOST=0.0.0.0 \
    ATRIUM_PORT=8000 \
    ATRIUM_LOG_FORMAT=json
USER atrium
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"ATRIUM_PORT\"]}/healthz', timeout=2)"]
ENTRYPOINT ["atrium"]
CMD ["serve", "--migrate"]
