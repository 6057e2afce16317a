# One image for web, worker, beat and migrations; docker-compose.yml chooses by command.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/steady
RUN useradd --system --uid 10001 --home-dir /var/lib/steady --create-home steady \
    && install --directory --owner steady --mode 700 /var/lib/steady/evidence
WORKDIR /srv/steady

# Packages first: they change less often than the code.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY manage.py pyproject.toml ./
COPY portal portal
COPY cases cases
COPY repayment repayment
COPY notices notices
COPY templates templates
COPY static static
COPY locale locale

# Hashed and compressed once, at build time; the keys here sign nothing and are not kept.
RUN SECRET_KEY=build FIELD_KEYS=build INDEX_KEY=build LEDGER_KEY=build ALLOWED_HOSTS=localhost \
    STATIC_ROOT=/srv/steady/assets python manage.py collectstatic --noinput
ENV STATIC_ROOT=/srv/steady/assets

USER steady
EXPOSE 8000
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
