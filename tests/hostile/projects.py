"""Whole repositories whose files are harmless one by one, and whose sum loops, doubles or never ends."""

from collections.abc import Mapping

type Files = Mapping[str, bytes]

DJANGO = b'[project]\nname = "a"\nversion = "1"\ndependencies = ["django>=6.1"]\n'
MANAGE = b'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'


def project(settings: bytes = b"INSTALLED_APPS = ['shop']\n", **files: bytes) -> Files:
    """A Django project with these settings and files; two underscores stand for a slash."""
    return {
        "pyproject.toml": DJANGO,
        "manage.py": MANAGE,
        "config/__init__.py": b"",
        "config/settings.py": settings,
        "shop/__init__.py": b"",
        **{_path(name): content for name, content in files.items()},
    }


def _path(name: str) -> str:
    folder, is_package, _ = name.partition("____init__")
    return f"{folder.replace('__', '/')}{'/__init__' if is_package else ''}.py"


def modules(count: int, content: str, folder: str = "shop") -> dict[str, bytes]:
    """Modules ``m0`` to the last; ``{n}`` is a module's number, ``{m}`` the next one's."""
    return {
        f"{folder}/m{n}.py": content.format(n=n, m=(n + 1) % count).encode() for n in range(count)
    }


def doubled(first: str, step: str, times: int = 60) -> bytes:
    """Settings that double something again and again."""
    return "".join([first + "\n", *[step + "\n"] * times, "INSTALLED_APPS = ['shop']\n"]).encode()


def model(number: int, base: str = "models.Model", body: str = "    pass") -> str:
    """One class of models."""
    return f"class M{number}({base}):\n{body}\n\n"


MODELS = "from django.db import models\n\n"
MIGRATION = (
    "from django.db import migrations, models\n\n"
    "class Migration(migrations.Migration):\n"
    "    dependencies = [{dependencies}]\n    operations = [{operations}]\n"
)


def migration(dependencies: str, operations: str = "") -> bytes:
    """One migration."""
    return MIGRATION.format(dependencies=dependencies, operations=operations).encode()


PROJECTS: dict[str, Files] = {
    "settings that double a list": project(doubled("A = ['x']", "A = A + A")),
    "settings that double a list in place": project(doubled("A = ['x']", "A += A")),
    "settings that double a text": project(doubled("A = 'x'", "A = A + A")),
    "settings that double an f-string": project(doubled("A = 'x'", "A = f'{A}{A}'")),
    "settings that format a text": project(doubled("A = 'x'", "A = '%s%s' % (A, A)")),
    "settings that join a path": project(doubled("A = 'x'", "A = os.path.join(A, A)")),
    "settings that repeat a text": project(b"A = 'x' * 10 ** 12\nB = ['x'] * 10 ** 12\n"),
    "settings that unpack a list": project(doubled("A = ['x']", "A = [*A, *A]")),
    "settings that unpack a mapping": project(doubled("A = {'x': 1}", "A = {'y': A, 'z': A}")),
    "settings that square a number": project(doubled("A = 99999", "A = A * A")),
    "settings that divide large numbers": project(
        b"A = 9 ** 9\nB = 1e308 * 1e308\nC = B / B\nD = int(B)\n"
    ),
    "settings that nest what rules read": project(
        "".join(
            f"{name} = {{}}\n" + f"{name} = {{'a': {name}, 'b': {name}, 'c': [{name}]}}\n" * 60
            for name in ("LOGGING", "DATABASES", "CACHES", "STORAGES", "SECURE_CSP", "OTHER")
        ).encode()
    ),
    "settings that choose between towers": project(
        (
            "A = B = {}\n"
            + "A = {'a': A, 'b': A}\n" * 60
            + "B = {'a': B, 'b': B}\n" * 60
            + "if x:\n    C = A\nelse:\n    C = B\n"
            + "if y:\n    A = B\n" * 60
            + "LOGGING = C\n"
        ).encode()
    ),
    "settings that may add to lists": project(
        ("A = []\n" + "if x:\n    A += [*A, 'a']\n" * 5_000 + "INSTALLED_APPS = A\n").encode()
    ),
    "settings of long lists on two branches": project(
        (
            "if x:\n    A = [" + "'a'," * 9_000 + "]\n"
            "else:\n    A = [" + "'b'," * 9_000 + "]\nMIDDLEWARE = A\n"
        ).encode()
    ),
    "settings that unpack in one expression": project(
        (
            "A = {"
            + ",".join(f"'{n}': 1" for n in range(9_000))
            + "}\n"
            + "B = {"
            + "**A," * 9_000
            + "}\nC = ["
            + "*A," * 9_000
            + "]\n"
            + "D = [1]"
            + "+ D" * 900
            + "\n"
        ).encode()
    ),
    "settings that hold themselves": project(b"A = []\nA.append(A)\nINSTALLED_APPS = A\nB = [B]\n"),
    "settings that refer in a circle": project(b"A = B\nB = C\nC = A\nINSTALLED_APPS = A + B\n"),
    "settings that import themselves": project(b"from config.settings import *\n"),
    "settings of a thousand modules": project(
        b"from config.m0 import *\n",
        **{
            f"config__m{n}": f"from config.m{n + 1} import *\nA{n} = {n}\n".encode()
            for n in range(1_000)
        },
    ),
    "settings with every app": project(
        b"INSTALLED_APPS = [\n" + b"".join(b"'a%d',\n" % n for n in range(30_000)) + b"]\n"
    ),
    "settings of odd shapes": project(
        b"INSTALLED_APPS = 1\nMIDDLEWARE = {1: 2}\nDATABASES = []\nTEMPLATES = 'x'\nLOGGING = [[]]\n"
        b"DATABASES = {'default': None, 1: []}\nROOT_URLCONF = 7\nAUTH_USER_MODEL = ['a', 'b']\n"
        b"CACHES = {'default': {'BACKEND': {}}}\nSTORAGES = lambda: 1\nLANGUAGES = (1, 2)\n"
    ),
    "star imports in a circle": {**project(), **modules(300, "from shop.m{m} import *\n")},
    "star imports of everybody": {
        **project(),
        **{
            f"shop/m{n}.py": "".join(f"from shop.m{m} import *\n" for m in range(80)).encode()
            for n in range(80)
        },
    },
    "imports in a circle": {**project(), **modules(300, "from shop.m{m} import x as x\nx\n")},
    "a chain of imports": {
        **project(),
        **{f"shop/m{n}.py": f"from shop.m{n + 1} import x\n".encode() for n in range(3_000)},
    },
    "an import of itself": project(shop__m=b"from shop.m import m\nfrom . import m\nm.m.m.m\n"),
    "names that stand for each other": project(shop__m=b"a = b\nb = c\nc = a\nclass A(a): pass\n"),
    "exports made by computing": project(
        shop__m=b"__all__ = [n for n in dir()] + __all__ + __all__ * 10 ** 9\n"
    ),
    "classes that inherit in a circle": project(
        shop__models=b"class A(B): pass\nclass B(C): pass\nclass C(A): pass\n",
    ),
    "a class that inherits from itself": project(
        shop__models=b"from shop.models import A\nclass A(A): pass\nclass B(B, B, A): pass\n"
    ),
    "classes that inherit across files in a circle": {
        **project(),
        **modules(300, "from shop.m{m} import M{m}\nclass M{n}(M{m}): pass\n"),
    },
    "a chain of three thousand classes": project(
        shop__models=(
            MODELS + model(0) + "".join(model(n, f"M{n - 1}") for n in range(1, 3_000))
        ).encode(),
    ),
    "a tower of diamonds": project(
        shop__models=(
            MODELS
            + model(0)
            + "".join(
                f"class L{n}(M{n}): pass\nclass R{n}(M{n}): pass\n" + model(n + 1, f"L{n}, R{n}")
                for n in range(60)
            )
        ).encode(),
    ),
    "a hundred thousand members that are looked up": project(
        shop__models=(
            MODELS
            + "".join(
                f"class A{n}(A{n - 1}, models.Model):\n" + "    def f(self): pass\n" * 400
                for n in range(100)
            )
        ).encode()
    ),
    "inner classes that inherit in a circle": project(
        shop__models=(
            MODELS
            + "class A(models.Model):\n    class Meta(B.Meta): pass\n"
            + "class B(models.Model):\n    class Meta(A.Meta): pass\n"
        ).encode()
    ),
    "relations in a circle": project(
        shop__models=(
            MODELS
            + "".join(
                model(n, body=f"    a = models.ForeignKey('M{(n + 1) % 2_000}', models.CASCADE)")
                for n in range(2_000)
            )
        ).encode()
    ),
    "relations to everything": project(
        shop__models=(
            MODELS
            + "class A(models.Model):\n"
            + "".join(f"    f{n} = models.ForeignKey({n}, {n})\n" for n in range(5_000))
            + "    g = models.ForeignKey()\n    h = models.ForeignKey(**x)\n    i = models.ForeignKey(*x)\n"
        ).encode()
    ),
    "a model of ten thousand fields": project(
        shop__models=(
            MODELS
            + "class A(models.Model):\n"
            + "".join(f"    f{n} = models.CharField(max_length={n})\n" for n in range(10_000))
        ).encode()
    ),
    "routes that include themselves": project(
        b"ROOT_URLCONF = 'config.urls'\n",
        config__urls=b"from django.urls import include, path\n"
        b"urlpatterns = [path('a/', include('config.urls')), path('', include(urlpatterns))]\n",
    ),
    "routes that include each other doubly": {
        **project(b"ROOT_URLCONF = 'shop.m0'\n"),
        **modules(
            60,
            "from django.urls import include, path\n"
            "urlpatterns = [path('a/', include('shop.m{m}')), path('b/', include('shop.m{m}'))]\n",
        ),
    },
    "routes added to themselves": project(
        b"ROOT_URLCONF = 'config.urls'\n",
        config__urls=b"from django.urls import path\nurlpatterns = [path('', f)]\n"
        + b"urlpatterns += urlpatterns\n" * 60,
    ),
    "views that decorate each other": project(
        shop__views=b"@b\ndef a(request): return b(request)\n@a\ndef b(request): return a(request)\n"
    ),
    "functions that call in a circle": {
        **project(),
        **modules(300, "from shop.m{m} import f as g\ndef f(request): return g(request)\n"),
    },
    "tasks that call themselves": project(
        shop__tasks=b"from celery import shared_task\n@shared_task\ndef a(): a.delay(); b.delay()\n"
        b"@shared_task\ndef b(): b.s() | a.s(); a()\n"
    ),
    "signals that send themselves": project(
        shop__signals=b"from django.dispatch import Signal, receiver\na = Signal()\n"
        b"@receiver([a] * 9999, sender=a)\ndef f(**k): a.send(a)\na.connect(f, **{'x': a})\n"
    ),
    "migrations that depend in a circle": project(
        shop__migrations____init__=b"",
        shop__migrations__0001_a=migration("('shop', '0002_b')"),
        shop__migrations__0002_b=migration("('shop', '0001_a'), ('shop', '0002_b')"),
    ),
    "migrations that depend on nothing there": project(
        shop__migrations____init__=b"",
        shop__migrations__0001_a=migration(
            "('nothing', '0001_x'), 7, None, ()", "7, None, f(), *x"
        ),
        shop__migrations__0002_b=migration("x", "x"),
    ),
    "two thousand migrations": {
        **project(),
        "shop/migrations/__init__.py": b"",
        **{
            f"shop/migrations/{n:04}_a.py": migration(
                f"('shop', '{n - 1:04}_a')" if n else "",
                f"migrations.AddField('m', 'f{n}', models.CharField(max_length={n}))",
            )
            for n in range(2_000)
        },
    },
    "a migration of ten thousand operations": project(
        shop__migrations____init__=b"",
        shop__migrations__0001_a=migration(
            "",
            "".join(
                f"migrations.CreateModel('m{n}', [('id', models.AutoField())]),\n"
                for n in range(9_999)
            ),
        ),
    ),
    "migrations of every database": project(
        b"DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"
        b"INSTALLED_APPS = ['shop']\n",
        shop__migrations____init__=b"",
        shop__migrations__0001_a=migration(
            "",
            "migrations.CreateModel('M', [('id', models.AutoField(primary_key=True)),"
            " ('a', models.ForeignKey('shop.M', models.CASCADE)),"
            " ('b', models.CharField(max_length=10 ** 9, default='x' * 10 ** 9))],"
            " bases=('shop.M',), options={'db_table': 'x\"; DROP TABLE y; --'}),"
            "migrations.RunSQL('DROP TABLE x; SELECT pg_sleep(1000);' * 10 ** 9),"
            "migrations.RunPython(lambda a, b: exit())",
        ),
    ),
    "templates that extend in a circle": {
        **project(),
        **{
            f"shop/templates/t{n}.html": b"{%% extends 't%d.html' %%}{%% include 't%d.html' %%}"
            % ((n + 1) % 300, n)
            for n in range(300)
        },
    },
    "requirements in a circle": {
        **project(),
        "requirements.txt": b"-r requirements/a.txt\n",
        "requirements/a.txt": b"-r b.txt\n-r ../requirements.txt\n-r ../../../etc/passwd\n",
        "requirements/b.txt": b"-c a.txt\n-r b.txt\n",
    },
    "files of requirements that include each other": {
        **project(),
        **{
            f"requirements/r{n}.txt": b"".join(b"-r r%d.txt\n" % m for m in range(60))
            for n in range(60)
        },
    },
    "our own configuration, hostile": {
        **project(),
        "pyproject.toml": DJANGO
        + b"[tool.plumbline]\nexclude = ["
        + b'"'
        + b"**/" * 200
        + b'x", "'
        + b"*a" * 200
        + b'", "[", "", "/", "..", "{a,b}"]\n'
        + b'source-roots = ["../..", "/", "", ".", "a/../../b", "\\u0000"]\n'
        + b"[tool.plumbline.disable]\n"
        + b"".join(b'X%05d = "because"\n' % n for n in range(20_000)),
        **modules(300, "x = {n}\n", "a" * 200),
    },
    "our own configuration, of odd shapes": {
        **project(),
        "pyproject.toml": b"project = 7\n[tool]\nplumbline = [[1], {a = 2}]\n",
    },
    "our own configuration, that leaves out everything": {
        **project(),
        "pyproject.toml": DJANGO + b'[tool.plumbline]\nexclude = ["**", "*", "."]\n',
    },
    "suppressions without end": project(
        shop__models=b"x = 1  # plumbline: ignore[MOD01] until=9999-99-99 a\n" * 5_000
        + b"y = 1  # plumbline: ignore[MOD01] until=0000-00-00 a\n"
        + b"z = 1  # plumbline: ignore[MOD01] until=99999999999999999999-01-01 a\n"
    ),
    "fifty thousand findings": project(
        shop__models=(
            MODELS
            + "".join(
                f"class A{n}(models.Model):\n"
                + "    a = models.ForeignKey('X', on_delete=models.CASCADE)\n" * 60
                for n in range(250)
            )
        ).encode(),
        shop__views=b"def a(request):\n    print(1)\n    eval('1')\n" * 9_000,
    ),
    "three thousand files": {**project(), **modules(3_000, "from shop.m{m} import x\nx = {n}\n")},
    "modules that are packages too": {
        **project(),
        "shop.py": b"x = 1\n",
        "shop/shop.py": b"from shop import *\n",
        "shop/shop/__init__.py": b"from .. import shop\nfrom ... import shop\nfrom .... import x\n",
        "config.py": b"from config import settings\n",
        "manage/__init__.py": b"",
        "__init__.py": b"from . import *\n",
        "django/__init__.py": b"",
        "django/db/models.py": b"class Model(Model): pass\n",
        "__main__.py": b"import __main__\n",
    },
    "names of the language": project(
        shop__models=(
            b"class object(object): pass\nclass type(type): pass\nclass None_(None): pass\n"
            b"class A(1, 'x', f(), *y, **z): pass\nclass B(A[A][A]): pass\nclass C((D := E)): pass\n"
            b"class __class__(__class__): __slots__ = __slots__\nself = super = cls = True_\n"
            b"def __init__(__init__): return __init__(__init__)\n"
        )
    ),
    "compose files of odd shapes": {
        **project(),
        "docker-compose.yml": b"services: [1]\nx: &x {a: *x}\n",
        "compose.yaml": b"services:\n  a: {extends: {service: a}}\n  b: 7\n  c: null\n",
        ".github/workflows/a.yml": b"on: {push: [1]}\njobs: {a: {steps: [{run: {b: 1}}, 7, null]}}\n",
        ".pre-commit-config.yaml": b"repos: {a: [b]}\n",
        ".gitlab-ci.yml": b"a: {script: [[[['b']]]], extends: a}\nb: {needs: b, script: 7}\n",
        "tox.ini": b"[tox]\nenvlist = {a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}{o,p}{q,r}{s,t}\n",
        "Makefile": b"a: a\n\t$(MAKE) a\n",
        "Dockerfile": b"FROM a AS a\nCOPY --from=a a a\n",
    },
}
