"""All settings, in one file, chosen by the environment.

Sections: where things are · safety · applications · requests · data · people and sign-in ·
languages and time · files for the browser · work in the background · messages · the house's own.
"""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from portal import env

# ── where things are ─────────────────────────────────────────────────────────────────────────
BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file(BASE_DIR / ".env")
# The demo opens doors without a password; portal/checks.py refuses it anywhere but on this machine.
DEMO = env.flag("DEMO")
VAR_DIR = Path(
    env.text(
        "VAR_DIR",
        purpose="where files made at run time go",
        default=str(BASE_DIR / "var" / ("demo" if DEMO else "dev")),
    )
)

# ── safety ───────────────────────────────────────────────────────────────────────────────────
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", purpose="the key that signs sessions and tokens")
FIELD_KEYS = env.words("FIELD_KEYS", purpose="the keys that encrypt personal fields, newest first")
INDEX_KEY = env.text("INDEX_KEY", purpose="the key of the blind index that finds a telephone number")
LEDGER_KEY = env.text("LEDGER_KEY", purpose="the key that signs the sealed record (32 random bytes, base64)")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", purpose="the host names this site answers to")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", purpose="origins behind a proxy", default="")
SITE_ADDRESS = env.text(
    "SITE_ADDRESS", purpose="the address printed on agreements and messages", default="http://127.0.0.1:8000"
)

_BEHIND_TLS = not DEBUG
SESSION_COOKIE_NAME = "__Host-session" if _BEHIND_TLS else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _BEHIND_TLS
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_SSL_REDIRECT = _BEHIND_TLS and env.flag("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if _BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _BEHIND_TLS
# Not "no-referrer": browsers then send `Origin: null` with our own forms, and every one of them is refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The load balancer asks in plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the second factor's QR code, which allauth draws as an SVG
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# ── applications ─────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.apps.OfficerAdminConfig",
    "notices.apps.NoticesConfig",
    "repayment.apps.RepaymentConfig",
    "cases.apps.CasesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",  # allauth's list of passkeys says "two days ago" with it
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "csp",
]

# ── requests ─────────────────────────────────────────────────────────────────────────────────
MIDDLEWARE = [
    # Outermost, so that a redirect to https and a refused host carry it too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "portal.middleware.PrivateByDefault",
    # Before the first that would look for a session or a language.
    "portal.api.cookieless.Cookieless",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Before the general "sign in first": staff are sent to the door with the second factor.
    "portal.middleware.StaffSecondFactor",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    # After everything that may turn somebody away, before the page.
    "portal.middleware.AccessLog",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.CalmAnswers",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
# A CSV of debts is small; a 20 MB one is refused by the form with a sentence, so the request may carry it.
LARGEST_UPLOAD = 32 * 1024 * 1024
# Evidence only, from somebody who is signed in: a film of 100 MB and a few pictures beside it.
LARGEST_EVIDENCE = 160 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Half of an upload that was cut off lies here until it is swept; it is nobody else's to read.
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
FILE_UPLOAD_HANDLERS = [
    "portal.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "portal.templatetags.steady",
                "portal.templatetags.rules",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.display",
            ],
        },
    }
]

# ── data ─────────────────────────────────────────────────────────────────────────────────────
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": dj_database_url.parse(
        env.text(
            "DATABASE_URL",
            purpose="the database's address",
            default=f"sqlite:///{VAR_DIR / 'steady.sqlite3'}",
        ),
        conn_max_age=60,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    VAR_DIR.mkdir(parents=True, exist_ok=True)
    # Measured: without IMMEDIATE more than half of concurrent writers fail with "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Without recursive triggers INSERT OR REPLACE would take a row of history away past its guard.
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        "PRAGMA recursive_triggers=ON;",
    }
    # Threads and worker processes share the test database, so it is a file, never memory.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}

# What regulators read goes through a connection on which the database itself refuses to write.
_REPORTS_URL = env.text("REPORTS_DATABASE_URL", purpose="a replica for the regulator's pages", default="")
DATABASES["reports"] = {
    **(dj_database_url.parse(_REPORTS_URL, conn_max_age=60) if _REPORTS_URL else DATABASES["default"]),
    "TEST": {"MIRROR": "default"},
}
DATABASES["reports"]["OPTIONS"] = (
    {"timeout": 20, "init_command": "PRAGMA query_only=ON;"}
    if DATABASES["reports"]["ENGINE"].endswith("sqlite3")
    else {
        **DATABASES["reports"].get("OPTIONS", {}),
        "options": f"{DATABASES['reports'].get('OPTIONS', {}).get('options', '')}"
        " -c default_transaction_read_only=on",
    }
)
DATABASE_ROUTERS = ["portal.routing.ReportsAreRead"]
REPORTS_DATABASE = "reports"

REDIS_URL = env.text("REDIS_URL", purpose="the address of Redis", default="") or None
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR_DIR / "cache"}
}

# ── people and sign-in ───────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "start"
ACCOUNT_ADAPTER = "cases.accounts.AccountAdapter"
MFA_ADAPTER = "cases.accounts.SecondFactorAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
# allauth's own sign-up form is closed (cases/accounts.py): this line only tells it what may be a key.
ACCOUNT_SIGNUP_FIELDS = ["phone", "email*"]
# An address is a key only after its code; no message of ours carries a link.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_TIMEOUT = 30 * 60
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 3
ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 600
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "verify_phone": "cases.forms.accounts.NewPhoneCodeForm",
    "confirm_email_verification_code": "cases.forms.accounts.NewEmailCodeForm",
    "confirm_password_reset_code": "cases.forms.accounts.ResetCodeForm",
}
MFA_FORMS = {"add_webauthn": "cases.forms.accounts.AddPasskeyForm"}
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
# How many proxies of our own stand in front; with 0 a client's X-Forwarded-For is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("PROXIES", default=1 if env.flag("BEHIND_PROXY") else 0)
# Carriers put thousands of people behind one address: limits count per number first, per address last.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "60/m/ip,5/300s/key",
    "request_login_code": "60/m/ip,4/m/key,20/h/key",
    "check_code": "120/m/ip,10/300s/key",
    "recover": "20/m/ip",
    "change_phone": "5/m/user",
    "verify_phone": "1/20s/key,60/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Steady"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Addresses of staff are given by their lender, and a borrower's are never a key before they are confirmed.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# ── languages and time ───────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# ── files for the browser ────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(
    env.text("STATIC_ROOT", purpose="where collected static files are", default=str(VAR_DIR / "static"))
)
_SERVED_COMPRESSED = DEMO or not DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if _SERVED_COMPRESSED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not _SERVED_COMPRESSED
CRISPY_TEMPLATE_PACK = "steady"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["steady"]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

# ── work in the background ───────────────────────────────────────────────────────────────────
# Folders need no host; kombu warns about a missing one.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if not REDIS_URL:
    _BROKER = VAR_DIR / "broker"
    for _folder in ("messages", "processed", "control"):
        (_BROKER / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_BROKER / "messages"),
        "data_folder_out": str(_BROKER / "messages"),
        "processed_folder": str(_BROKER / "processed"),
        "control_folder": str(_BROKER / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
# A queue per purpose: a night of reminders never stands before an answer. A worker without -Q serves all of them.
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"celery": {}, "answers": {}, "reminders": {}}
CELERY_TASK_ROUTES = {
    "notices.tasks.dispatch_answers": {"queue": "answers"},
    "notices.tasks.dispatch_reminders": {"queue": "reminders"},
    "notices.tasks.plan_reminders": {"queue": "reminders"},
}

# ── messages ─────────────────────────────────────────────────────────────────────────────────
EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND",
    purpose="how e-mail leaves",
    default="notices.channels.email.OutboxBackend"
    if DEBUG
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.text("EMAIL_HOST", purpose="the mail server", default="localhost")
EMAIL_PORT = env.number("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", purpose="the mail account", default="")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", purpose="the mail account's password", default="")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", purpose="the sender's address", default="steady@localhost"
)
# How an SMS leaves: a class with `send` and `lookup` (notices/channels/base.py). The outbox keeps it and sends nothing.
NOTICE_CHANNELS = {
    "sms": env.text(
        "SMS_CHANNEL", purpose="the class that sends SMS", default="notices.channels.sms.OutboxSms"
    ),
    "wechat": env.text(
        "WECHAT_CHANNEL",
        purpose="the class that sends WeChat service messages",
        default="notices.channels.sms.OutboxWechat",
    ),
}
# The gateway behind notices.channels.gateway (docs/gateway.md). Both ends sign with the secret; empty believes nobody.
PROVIDER_URL = env.text("PROVIDER_URL", purpose="the address of the messaging gateway", default="")
PROVIDER_SECRET = env.text("PROVIDER_SECRET", purpose="what the gateway and we sign with", default="")
# Security codes are sent by the notices app, which cases may not import: named here as EMAIL_BACKEND is.
SECURITY_CODE_SENDER = "notices.actions.codes.send"

# ── the house's own ──────────────────────────────────────────────────────────────────────────
DEMO_CLOCK_FILE = VAR_DIR / "demo-clock.json"
# Sealed evidence: below no address, served by nothing but a page that asks who is there.
EVIDENCE_DIR = VAR_DIR / "evidence"
# A command that reads a file on standard input: 0 nothing found, 1 found something, anything else is not an answer.
EVIDENCE_SCANNER = env.text("EVIDENCE_SCANNER", purpose="the command that scans evidence", default="")
# How often one address may ask the public contract; no limit on a developer's machine and in the demo.
API_PER_MINUTE = None if DEBUG or DEMO else 1_200
SMALL_CELL_THRESHOLD = env.number("SMALL_CELL_THRESHOLD", default=10)
# Public tables then name lenders. Give each of them at least 30 days to answer before the first such table.
PUBLISH_LENDER_NAMES = env.flag("PUBLISH_LENDER_NAMES")

# /readyz says no when the oldest due message has waited longer than this.
READY_LAG_SECONDS = env.number("READY_LAG_SECONDS", default=600)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "portal.logs.JsonLine"},
        "line": {"()": "portal.logs.PlainLine"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.text("LOG_FORMAT", purpose="json or line", default="line" if DEBUG else "json"),
        }
    },
    "root": {
        "handlers": ["console"],
        "level": env.text("LOG_LEVEL", purpose="how much is logged", default="INFO"),
    },
    # Django's own handler would print a second time, and past our formatter.
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # In the demo the terminal belongs to the address it printed; a wrong address is no news there.
        "django.request": {"handlers": [], "propagate": True, "level": "ERROR" if DEMO else "NOTSET"},
    },
}
