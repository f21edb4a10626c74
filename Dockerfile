# One image for web, worker and beat; it differs only in the command.
FROM python:3.13-slim-bookworm AS build

ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/plumbline/.venv
WORKDIR /opt/plumbline
RUN pip install --no-cache-dir uv
# Dependencies first: they change less often than the code. The code itself runs from its folder,
# beside its templates.
COPY pyproject.toml uv.lock .python-version ./
RUN uv sync --locked --no-dev --extra server --no-install-project
COPY . .
RUN STATIC_ROOT=/opt/plumbline/staticfiles bin/with-throwaway-environment \
    .venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.13-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin plumbline \
    && install --directory --owner plumbline --mode 0700 /var/lib/plumbline
COPY --from=build /opt/plumbline /opt/plumbline
WORKDIR /opt/plumbline
ENV PATH=/opt/plumbline/.venv/bin:$PATH \
    PYTHONPATH=/opt/plumbline \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    STATIC_ROOT=/opt/plumbline/staticfiles \
    PLUMBLINE_VAR=/var/lib/plumbline
USER plumbline
EXPOSE 8000
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "3", \
     "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
