"""What is known of code that is not in the repository: Django, Django REST framework, Celery and their kin.

Names are import paths in their shortest public form; ``canonical`` maps the longer forms to it.
"""

from __future__ import annotations

import functools
import re
import sys

_PREFIXES = (
    ("django.db.migrations.operations.models.", "django.db.migrations."),
    ("django.db.migrations.operations.fields.", "django.db.migrations."),
    ("django.db.migrations.operations.special.", "django.db.migrations."),
    ("django.db.migrations.operations.", "django.db.migrations."),
    ("django.db.migrations.migration.", "django.db.migrations."),
    ("django.contrib.postgres.fields.array.", "django.contrib.postgres.fields."),
    ("django.contrib.postgres.fields.citext.", "django.contrib.postgres.fields."),
    ("django.contrib.postgres.fields.hstore.", "django.contrib.postgres.fields."),
    ("django.contrib.postgres.fields.jsonb.", "django.contrib.postgres.fields."),
    ("django.contrib.postgres.fields.ranges.", "django.contrib.postgres.fields."),
    ("django.contrib.gis.db.models.", "django.db.models."),
    ("django.db.models.fields.related.", "django.db.models."),
    ("django.db.models.fields.json.", "django.db.models."),
    ("django.db.models.fields.files.", "django.db.models."),
    ("django.db.models.fields.generated.", "django.db.models."),
    ("django.db.models.fields.", "django.db.models."),
    ("django.db.models.base.", "django.db.models."),
    ("django.db.models.query.", "django.db.models."),
    ("django.db.models.manager.", "django.db.models."),
    ("django.db.models.enums.", "django.db.models."),
    ("django.db.models.constraints.", "django.db.models."),
    ("django.db.models.deletion.", "django.db.models."),
    ("django.db.models.expressions.", "django.db.models."),
    ("django.db.models.indexes.", "django.db.models."),
    ("django.db.models.query_utils.", "django.db.models."),
    ("django.contrib.gis.db.models.fields.", "django.db.models."),
    ("django.dispatch.dispatcher.", "django.dispatch."),
    ("django.apps.config.", "django.apps."),
    ("django.http.request.", "django.http."),
    ("django.http.response.", "django.http."),
    ("django.views.generic.base.", "django.views.generic."),
    ("django.views.generic.detail.", "django.views.generic."),
    ("django.views.generic.edit.", "django.views.generic."),
    ("django.views.generic.list.", "django.views.generic."),
    ("django.views.generic.dates.", "django.views.generic."),
    ("django.views.View", "django.views.generic.View"),
    ("django.conf.urls.url", "django.urls.re_path"),
    ("django.conf.urls.include", "django.urls.include"),
    ("django.urls.conf.", "django.urls."),
    ("django.core.mail.message.", "django.core.mail."),
    ("django.test.testcases.", "django.test."),
    ("django.test.client.", "django.test."),
    ("django.forms.models.", "django.forms."),
    ("django.forms.forms.", "django.forms."),
    ("django.contrib.admin.options.", "django.contrib.admin."),
    ("django.contrib.auth.base_user.", "django.contrib.auth.models."),
    ("django.db.models.signals.", "django.db.models.signals."),
    ("celery.app.task.", "celery."),
    ("celery.app.base.Celery", "celery.Celery"),
    ("celery.app.shared_task", "celery.shared_task"),
)


@functools.lru_cache(maxsize=65_536)
def canonical(name: str) -> str:
    """The shortest public import path of an external name."""
    if name.startswith(("django.", "celery.")):
        for long, short in _PREFIXES:
            if name.startswith(long) and (long.endswith(".") or name == long):
                return short + name[len(long) :]
    return name


MODEL = "django.db.models.Model"
VIEW = "django.views.generic.View"
APP_CONFIG = "django.apps.AppConfig"
TEST_CASE = "unittest.TestCase"

EXTERNAL_BASES: dict[str, tuple[str, ...]] = {
    # Models of other packages; a second entry names what they define.
    "django.contrib.auth.models.AbstractUser": (MODEL, "defines.__str__"),
    "django.contrib.auth.models.AbstractBaseUser": (MODEL, "defines.__str__"),
    "django.contrib.auth.models.User": (MODEL, "defines.__str__"),
    "django.contrib.auth.models.Group": (MODEL, "defines.__str__"),
    "django.contrib.auth.models.Permission": (MODEL, "defines.__str__"),
    "django.contrib.auth.models.PermissionsMixin": (MODEL,),
    "django.contrib.sessions.base_session.AbstractBaseSession": (MODEL, "defines.__str__"),
    "django.contrib.sites.models.Site": (MODEL, "defines.__str__"),
    "django.contrib.contenttypes.models.ContentType": (MODEL, "defines.__str__"),
    "django.contrib.flatpages.models.FlatPage": (MODEL, "defines.__str__"),
    "mptt.models.MPTTModel": (MODEL,),
    "treebeard.mp_tree.MP_Node": (MODEL,),
    "treebeard.ns_tree.NS_Node": (MODEL,),
    "treebeard.al_tree.AL_Node": (MODEL,),
    "model_utils.models.TimeStampedModel": (MODEL,),
    "model_utils.models.UUIDModel": (MODEL,),
    "model_utils.models.SoftDeletableModel": (MODEL,),
    "model_utils.models.StatusModel": (MODEL,),
    "django_extensions.db.models.TimeStampedModel": (MODEL,),
    "polymorphic.models.PolymorphicModel": (MODEL,),
    "parler.models.TranslatableModel": (MODEL,),
    "simple_history.models.HistoricalRecords": (),
    "modelcluster.models.ClusterableModel": (MODEL,),
    "taggit.models.TagBase": (MODEL, "defines.__str__"),
    "taggit.models.ItemBase": (MODEL, "defines.__str__"),
    "taggit.models.TaggedItemBase": (MODEL, "defines.__str__"),
    "taggit.models.GenericTaggedItemBase": (MODEL, "defines.__str__"),
    "wagtail.models.Page": (MODEL, "defines.__str__"),
    "wagtail.models.Orderable": (MODEL,),
    "wagtail.images.models.AbstractImage": (MODEL, "defines.__str__"),
    "wagtail.images.models.AbstractRendition": (MODEL,),
    "wagtail.documents.models.AbstractDocument": (MODEL, "defines.__str__"),
    "guardian.models.UserObjectPermissionBase": (MODEL, "defines.__str__"),
    "guardian.models.GroupObjectPermissionBase": (MODEL, "defines.__str__"),
    "oauth2_provider.models.AbstractApplication": (MODEL, "defines.__str__"),
    "rest_framework.authtoken.models.Token": (MODEL, "defines.__str__"),
    # Tests.
    "django.test.SimpleTestCase": (TEST_CASE,),
    "django.test.TestCase": (TEST_CASE,),
    "django.test.TransactionTestCase": (TEST_CASE,),
    "django.test.LiveServerTestCase": (TEST_CASE,),
    **{
        f"rest_framework.throttling.{name}RateThrottle": (
            "rest_framework.throttling.SimpleRateThrottle",
        )
        for name in ("Anon", "User", "Scoped")
    },
    "rest_framework.test.APITestCase": (TEST_CASE,),
    "rest_framework.test.APISimpleTestCase": (TEST_CASE,),
    "rest_framework.test.APITransactionTestCase": (TEST_CASE,),
    "django.contrib.staticfiles.testing.StaticLiveServerTestCase": (TEST_CASE,),
}
"""Bases of other packages' classes: what following inheritance finds beyond the repository's edge."""

_FOREIGN_MODEL = re.compile(r"\w+(\.db)?\.models\.\w+Model$")


@functools.lru_cache(maxsize=65_536)
def bases_behind(name: str) -> tuple[str, ...]:
    """What lies behind a class of another package: what is known, or Django's model where its place and name say so."""
    known = EXTERNAL_BASES.get(name)
    if known is not None:
        return known
    return (MODEL,) if _FOREIGN_MODEL.match(name) else ()


VIEW_PREFIXES = (
    "django.views.generic.",
    "django.contrib.auth.views.",
    "rest_framework.generics.",
    "rest_framework.viewsets.",
    "rest_framework.authtoken.views.",
    "rest_framework_simplejwt.views.",
)
VIEW_CLASSES = frozenset(
    (
        VIEW,
        "rest_framework.views.APIView",
        "formtools.wizard.views.WizardView",
        "graphene_django.views.GraphQLView",
    )
)

PLAIN_MIXINS = (
    "typing.", "abc.", "collections.abc.", "object", "django.utils.", "django.contrib.auth.mixins.", "enum.",
    "django.contrib.contenttypes.", "django.contrib.postgres.",
)  # fmt: skip
"""External bases that define neither ``__str__`` nor fields."""

TEXT_FIELDS = frozenset(
    f"django.db.models.{name}Field"
    for name in ("Char", "Text", "Slug", "Email", "FilePath", "URL", "File", "Image")
)
RELATIONS = {
    "django.db.models.ForeignKey": "ForeignKey",
    "django.db.models.OneToOneField": "OneToOneField",
    "django.db.models.ManyToManyField": "ManyToManyField",
    "modelcluster.fields.ParentalKey": "ForeignKey",
    "modelcluster.fields.ParentalManyToManyField": "ManyToManyField",
    "mptt.fields.TreeForeignKey": "ForeignKey",
    "mptt.fields.TreeOneToOneField": "OneToOneField",
    "mptt.fields.TreeManyToManyField": "ManyToManyField",
}
OTHER_FIELDS = frozenset(
    (
        "django.contrib.contenttypes.fields.GenericForeignKey",
        "django.contrib.contenttypes.fields.GenericRelation",
        "django.db.models.CompositePrimaryKey",
    )
)

LIFECYCLE_SIGNALS = frozenset(
    f"django.db.models.signals.{name}"
    for name in (
        "pre_init",
        "post_init",
        "pre_save",
        "post_save",
        "pre_delete",
        "post_delete",
        "m2m_changed",
    )
)

TASK_DECORATORS = {
    "celery.shared_task": "celery",
    "celery.task": "celery",
    "celery.decorators.task": "celery",
    "django.tasks.task": "django",
    "django_tasks.task": "django",
}

HTTP_CLIENTS = frozenset(("requests", "httpx", "aiohttp", "urllib3"))
HTTP_CALLS = frozenset(
    (
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "request",
        "stream",
        "send",
        "urlopen",
    )
)
MAIL_CALLS = frozenset(
    (
        "django.core.mail.send_mail",
        "django.core.mail.send_mass_mail",
        "django.core.mail.mail_admins",
        "django.core.mail.mail_managers",
    )
)
MAIL_CLASSES = frozenset(
    ("django.core.mail.EmailMessage", "django.core.mail.EmailMultiAlternatives")
)
PROCESS_CALLS = frozenset(
    (
        "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
        "os.system", "os.popen",
    )
)  # fmt: skip
CLOUD_ROOTS = ("boto3.", "botocore.", "stripe.", "twilio.", "sendgrid.", "google.cloud.", "azure.")
REQUEST_TYPES = frozenset(
    (
        "HttpRequest",
        "WSGIRequest",
        "ASGIRequest",
        "AuthenticatedHttpRequest",
        "HtmxHttpRequest",
        "HttpRequestWithUser",
    )
)
VIEW_DECORATORS = (
    "django.contrib.auth.decorators.", "django.views.decorators.", "rest_framework.decorators.api_view",
    "django.contrib.admin.views.decorators.",
)  # fmt: skip
HTTP_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")

OLDEST_SUPPORTED_DJANGO = "5.2"
"""Every older series gets no security fixes any more. True from April 2026 until April 2027, when 6.0 ends too."""
DJANGO_SUPPORT_ENDED = {
    "1.11": "April 2020", "2.0": "April 2019", "2.1": "December 2019", "2.2": "April 2022", "3.0": "April 2021",
    "3.1": "December 2021", "3.2": "April 2024", "4.0": "April 2023", "4.1": "December 2023", "4.2": "April 2026",
    "5.0": "April 2025", "5.1": "December 2025",
}  # fmt: skip
"""When the support of a series of Django ended."""
SUPPORTED_DJANGO = ("5.2", "6.0", "6.1")
"""The series with security fixes, as of the same time."""

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | frozenset(
    "annotationlib asynchat asyncore cgi cgitb compression crypt distutils imghdr imp lib2to3 mailcap msilib nntplib "
    "ossaudiodev pipes smtpd sndhdr spwd string.templatelib sunau telnetlib tomllib uu xdrlib zipimport".split()
)
"""Top-level modules of Python's own library, with those that came or went with a version."""
