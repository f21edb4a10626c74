"""Settings that hold everywhere; each address and secret comes from the environment."""

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from celery.schedules import crontab

from django.utils.csp import CSP

from config.environment import (
    Environment,
    broker_from_redis,
    database_from_url,
    encryption_keys,
    mailer_from_url,
    redis_database,
)
from config.log import logging_config
from config.pool import connection_check

# Lets code name what generic classes hold, as in Paginator[Finding], where Django itself does not.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent

env = Environment()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# ---- Secrets

SECRET_KEY = env.required(
    "SECRET_KEY", "Set it to 50 or more random characters, for instance `openssl rand -base64 48`."
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
FIELD_ENCRYPTION_KEYS = encryption_keys(
    env.required(
        "FIELD_ENCRYPTION_KEYS",
        "Set it to Fernet keys, newest first and separated by commas; one is "
        "`openssl rand -base64 32 | tr '+/' '-_'`.",
    ).split(",")
)
JWT_SIGNING_KEY = env.required(
    "JWT_SIGNING_KEY", "Set it to 50 or more random characters that differ from SECRET_KEY."
)

# ---- Where we are

DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

# ---- Applications

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "health_check",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
    "core",
    "apps.accounts",
    "apps.repositories",
    "apps.rulebook",
    "apps.findings",
    "apps.scans",
    "apps.scorecards",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page needs a sign-in unless its view says @login_not_required; DRF views decide alone.
    "core.page_problems.SignInRequired",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.ApiProblems",
    "core.page_problems.PageProblems",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.interface",
            ],
        },
    },
]

# ---- Database, cache

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **database_from_url(
            env.required(
                "DATABASE_URL", "Set it to postgresql://user:password@host:5432/plumbline."
            )
        ),
    },
}
DATABASES["default"]["OPTIONS"] |= {
    "options": f"-c statement_timeout={env.int('DATABASE_STATEMENT_TIMEOUT_MS', default=60_000)}",
    "connect_timeout": 5,
}
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)
if DATABASE_POOL_SIZE:
    # The pool keeps connections open by itself; CONN_MAX_AGE must stay 0 beside it.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 10,
        # By default the pauses between two tries grow to minutes while the server is away.
        "reconnect_timeout": 5,
        # After a restart of the server, its old connections are replaced before anybody uses them.
        "check": connection_check,
    }
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = env.required("REDIS_URL", "Set it to redis://host:6379 or unix:///path/to/socket.")

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": env.str("CACHE_URL", default=redis_database(REDIS_URL, 1)),
        "KEY_PREFIX": "plumbline",
        "TIMEOUT": 300,
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "SOCKET_CONNECT_TIMEOUT": 2,
            "SOCKET_TIMEOUT": 2,
            "CONNECTION_POOL_KWARGS": {"max_connections": 50},
            # A lost cache makes pages slower, never unavailable.
            "IGNORE_EXCEPTIONS": True,
        },
    },
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

# ---- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Plumbline] "
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_OPEN_SIGNUP = env.bool("ACCOUNT_OPEN_SIGNUP", default=False)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
SOCIALACCOUNT_AUTO_SIGNUP = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Plumbline"

# ---- Mail

MAILERS = {"default": mailer_from_url(env.email_url("EMAIL_URL", default="consolemail://"))}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Plumbline <plumbline@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# ---- Pages

LANGUAGE_CODE = "en-us"
# Whose days and weeks: of waivers, campaigns, trends and the clock of beat.
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Whether /styleguide/ shows the parts that pages are made of: for developers.
PLUMBLINE_STYLEGUIDE = False

# ---- Security

# plotly inserts one empty <style>; this is the hash of the empty string.
EMPTY_STYLE_HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE, EMPTY_STYLE_HASH],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# ---- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.ApiTokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "core.pagination.NewestFirstPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api_errors.exception_handler",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
        "rest_framework.throttling.ScopedRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60/min",
        "user": "600/min",
        "scan": "60/min",
        "register": "60/hour",
        "webhook": "600/min",
        "token": "10/min",
    },
    "DEFAULT_VERSIONING_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ISSUER": "plumbline",
    "AUDIENCE": "plumbline-api",
    "AUTH_HEADER_TYPES": ("Bearer",),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Plumbline",
    "DESCRIPTION": "How far each Django repository is from the style guide, why, and since when.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "FindingStateEnum": "apps.findings.choices.FindingState",
        "WaiverStateEnum": "apps.findings.choices.WaiverState",
        "WaiverScopeEnum": "apps.findings.choices.WaiverScope",
        "CampaignStateEnum": "apps.scorecards.models.CampaignState",
        "CampaignScopeEnum": "apps.scorecards.models.CampaignScope",
        "FindingEventKindEnum": "apps.findings.choices.EventKind",
        "FindingEventCauseEnum": "apps.findings.choices.Cause",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "core.openapi.problems_document",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# ---- How long a scan waits for help

# A worker renews its lease four times in this time; when it vanished, this passes before others know.
PLUMBLINE_LEASE_SECONDS = env.seconds("PLUMBLINE_LEASE_SECONDS", default=60, least=2, most=3600)
# Between two looks for scans that were forgotten or lost their worker.
PLUMBLINE_RECONCILE_SECONDS = env.seconds(
    "PLUMBLINE_RECONCILE_SECONDS", default=15, least=1, most=300
)
# After this time a waiting scan that no worker took is announced again.
PLUMBLINE_HINT_LOST_SECONDS = env.seconds(
    "PLUMBLINE_HINT_LOST_SECONDS", default=60, least=1, most=3600
)
# Before the second attempt; before the third, four times as long.
PLUMBLINE_BACKOFF_SECONDS = env.seconds(
    "PLUMBLINE_BACKOFF_SECONDS", default=15, least=0.1, most=3600
)

# ---- Celery: PostgreSQL knows what is to be done, the broker only says "look"

CELERY_BROKER_URL = broker_from_redis(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 7200,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "retry_on_timeout": True,
    "global_keyprefix": "pl:",
    # A worker looks into its queues in the order of its --queues, each time it has room.
    "queue_order_strategy": "priority",
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "quick"
# Scans are announced in "interactive" or "bulk" by their lane, parts of large ones in "chunks".
CELERY_TASK_ROUTES = {"scans.run": {"queue": "interactive"}}
# Early acknowledgement is right here: the lease on the scan's row does the redelivery.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_TIME_LIMIT = 1800
CELERY_TASK_SOFT_TIME_LIMIT = 1700
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_max": 0.5}
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.float("WORKER_SOFT_SHUTDOWN_TIMEOUT", default=60.0)
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "reconcile-scans": {
        "task": "scans.reconcile",
        "schedule": timedelta(seconds=PLUMBLINE_RECONCILE_SECONDS),
        # Bounds what piles up while no worker runs; far beyond what clocks may differ by.
        "options": {"queue": "quick", "expires": 7200},
    },
    "poll-remotes": {
        "task": "scans.poll",
        "schedule": timedelta(minutes=5),
        "options": {"queue": "quick", "expires": 300},
    },
    "tidy-mirrors": {
        "task": "repositories.mirrors_tidy",
        "schedule": timedelta(hours=1),
        "options": {"queue": "quick", "expires": 3600},
    },
    "expire-waivers": {
        "task": "findings.waivers_expire",
        "schedule": crontab(minute=7),
        "options": {"queue": "quick", "expires": 3600},
    },
    # Shortly after midnight, when what is enforced from a day begins; also finds what a lost hint left undone.
    "apply-policies": {
        "task": "scorecards.apply_policies",
        "schedule": crontab(hour=0, minute=5),
        "options": {"queue": "quick"},
    },
    # Pushes have theirs counted at once; this finds what a lost hint left behind.
    "count-campaigns": {
        "task": "scorecards.campaigns_count",
        "schedule": crontab(minute=37),
        "options": {"queue": "quick", "expires": 3600},
    },
    "settle-days": {
        "task": "scorecards.settle_days",
        "schedule": timedelta(minutes=1),
        "options": {"queue": "quick", "expires": 60},
    },
    "review-days": {
        "task": "scorecards.review_days",
        "schedule": crontab(hour=1, minute=7),
        "options": {"queue": "bulk", "expires": 36000},
    },
    "weekly-digests": {
        "task": "scorecards.digests_begin",
        "schedule": crontab(hour=7, minute=0, day_of_week="mon"),
        "options": {"queue": "quick"},
    },
    # What the mail server did not take, or a lost worker left behind.
    "weekly-digests-again": {
        "task": "scorecards.digests_begin",
        "schedule": crontab(hour="8-23", minute=0, day_of_week="mon"),
        "options": {"queue": "quick", "expires": 3600},
    },
    "nightly-scans": {
        "task": "scans.nightly",
        "schedule": crontab(hour=2, minute=17),
        "options": {"queue": "bulk"},
    },
}

# ---- Plumbline

# Local paths and file:// are for `manage.py up`, which sets this for itself and its worker only.
PLUMBLINE_ALLOW_LOCAL_REPOSITORIES = env.bool("PLUMBLINE_ALLOW_LOCAL_REPOSITORIES", default=False)
# Forges on private networks: "host=CIDR", for instance "git.example.org=10.0.0.0/8".
PLUMBLINE_ALLOWED_PRIVATE_HOSTS = env.list("PLUMBLINE_ALLOWED_PRIVATE_HOSTS", default=[])
# Who sends it as a bearer token may read /metrics; without one that page does not exist.
PLUMBLINE_METRICS_TOKEN = env.str("PLUMBLINE_METRICS_TOKEN", default="")
# Whether scorecards may be shared by links that need no account; each is made and ended by hand.
PLUMBLINE_PUBLIC_SCORECARDS = env.bool("PLUMBLINE_PUBLIC_SCORECARDS", default=False)
# Hosts that may be reached over SSH: lines as ssh-keyscan prints them. Without any, SSH is off.
PLUMBLINE_SSH_KNOWN_HOSTS = env.str("PLUMBLINE_SSH_KNOWN_HOSTS", multiline=True, default="")
# Certificates that git trusts in place of the system's.
PLUMBLINE_GIT_CA_FILE = env.str("PLUMBLINE_GIT_CA_FILE", default="")
PLUMBLINE_VAR = env.path("PLUMBLINE_VAR", default=str(BASE_DIR / "var"))
# What the mirrors of one machine may take together.
PLUMBLINE_MIRRORS_LIMIT_BYTES = env.int(
    "PLUMBLINE_MIRRORS_LIMIT_BYTES", default=10 * 1024 * 1024 * 1024
)
# Over all workers. Urgent scans are not counted.
PLUMBLINE_BULK_SCANS = env.int("PLUMBLINE_BULK_SCANS", default=32)
# A scan with more unseen bytes than the first is split over the workers, in parts of the second; 0 never splits.
PLUMBLINE_SPLIT_BYTES = env.int("PLUMBLINE_SPLIT_BYTES", default=8 * 1024 * 1024)
PLUMBLINE_CHUNK_BYTES = env.int("PLUMBLINE_CHUNK_BYTES", default=2 * 1024 * 1024)
# How many days a waiver may hold at most; then it ends by itself and can be asked for again.
PLUMBLINE_WAIVER_DAYS = env.int("PLUMBLINE_WAIVER_DAYS", default=180)
# How many months of its past are judged when a repository is registered: 0 to 60.
PLUMBLINE_BACKFILL_MONTHS = env.int("PLUMBLINE_BACKFILL_MONTHS", default=12)
# How many repositories a night have their past judged again because the rules have changed.
PLUMBLINE_BACKFILL_NIGHTLY = env.int("PLUMBLINE_BACKFILL_NIGHTLY", default=100)
PLUMBLINE_GIT_TIMEOUT = env.int("PLUMBLINE_GIT_TIMEOUT", default=300)
PLUMBLINE_PACK_LIMIT_BYTES = env.int("PLUMBLINE_PACK_LIMIT_BYTES", default=1024 * 1024 * 1024)

# ---- Logs

LOGGING = logging_config(level=env.str("LOG_LEVEL", default="INFO"), as_json=True)
