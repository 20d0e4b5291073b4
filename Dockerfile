# Two stages: uv builds an environment from uv.lock, and the image that runs holds that environment and nothing else.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS builder

ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app

# The dependencies first: this layer is made anew only when they change.
COPY pyproject.toml uv.lock hatch_build.py ./
RUN uv sync --locked --no-dev --no-editable --extra postgres --no-install-project

COPY README.md LICENSE ./
COPY playbooks playbooks
COPY templates templates
COPY docs/policies docs/policies
COPY docs/sql docs/sql
# Without bot/drill, the practice world: .dockerignore keeps it out.
COPY bot bot
RUN uv sync --locked --no-dev --no-editable --extra postgres


FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

# ssh-keygen checks the SSH signatures of responders' commands.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends openssh-client \
    && rm -rf /var/lib/apt/lists/*
# A fixed number, so that a mounted volume can be given to it.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/compromise-bot --create-home --shell /usr/sbin/nologin bot
COPY --from=builder /app/.venv /app/.venv

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BOT_ENVIRONMENT=production \
    BOT_DATA=/var/lib/compromise-bot \
    BOT_PORT=3000 \
    BOT_HEALTH_ADDRESS=127.0.0.1:3001

USER 10001:10001
WORKDIR /var/lib/compromise-bot
# The default event log, reports and the decisions log. With BOT_DATABASE_URL set, reports and decisions only.
VOLUME ["/var/lib/compromise-bot"]
# Slack's requests; with Socket Mode nothing listens there. Health and metrics stay inside, unless BOT_HEALTH_ADDRESS says
# otherwise.
EXPOSE 3000

HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-I", "-c", "import os, urllib.request as r; r.urlopen(f\"http://{os.environ['BOT_HEALTH_ADDRESS']}/healthz\", timeout=4)"]

ENTRYPOINT ["bot"]
CMD ["serve"]
