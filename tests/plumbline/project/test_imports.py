"""Which modules are loaded once others are."""

import pytest

from plumbline.config import Config
from plumbline.project import Project
from tests.plumbline.project.projects import project_of

BASE = {"shop/__init__.py": "", "shop/signals.py": "x = 1\n"}


def loaded(text, *, inert=(), root="shop/apps.py", files=BASE):
    project = project_of(files | {root: text})
    return project.imports.closure([project.names.modules[root]], inert)


@pytest.mark.parametrize(
    "text",
    [
        "import shop.signals\n",
        "from shop import signals\n",
        "from . import signals\n",
        "from .signals import x\n",
        "from shop.signals import *\n",
        "try:\n    import shop.signals\nexcept ImportError:\n    pass\n",
        "def ready():\n    from . import signals\n",
        "class A:\n    def ready(self):\n        import shop.signals\n",
        "import_module('shop.signals')\n",
        "importlib.import_module('.signals', package='shop')\n",
        "def ready(self):\n    import_module(f'{self.name}.signals')\n",
        "import_string('shop.signals.x')\n",
        "HANDLERS = ['shop.signals.x']\n",
        "HOOKS = {'a': 'shop.signals:x'}\n",
        "from shop.middle import y\n",
    ],
)
def test_an_import_of_any_form_loads(text):
    files = BASE | {"shop/middle.py": "from shop import signals\ny = 1\n"}
    assert "shop/signals.py" in loaded(text, files=files)


@pytest.mark.parametrize(
    "text",
    [
        "import shop\n",
        "import signals\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop import signals\n",
        "# import shop.signals\n",
        "x = 'signals'\n",
        "from other.shop import signals\n",
    ],
)
def test_what_is_no_import_loads_nothing(text):
    assert "shop/signals.py" not in loaded(text)


def test_packages_on_the_way_are_loaded():
    files = {
        "shop/__init__.py": "from . import signals\n",
        "shop/signals.py": "",
        "shop/deep/__init__.py": "",
        "shop/deep/a.py": "",
    }
    assert loaded("import shop.deep.a\n", root="main.py", files=files) == {"main.py", *files}


def test_a_circle_of_imports_ends():
    files = {"a.py": "import b\n", "b.py": "import a\n"}
    assert loaded("import a\n", root="c.py", files=files) == {"a.py", "b.py", "c.py"}


def test_functions_of_an_inert_module_load_nothing():
    text = "import shop.models\ndef ready():\n    from . import signals\n"
    files = BASE | {"shop/models.py": ""}
    assert loaded(text, inert={"shop/apps.py"}, files=files) == {
        "shop/__init__.py",
        "shop/apps.py",
        "shop/models.py",
    }


def test_a_declared_source_root_is_where_imports_start():
    project = project_of(
        {
            "backend/shop/__init__.py": "",
            "backend/shop/models.py": "class Order:\n    pass\n",
            "backend/shop/views.py": "from shop.models import Order\n",
        }
    )
    assert "shop.models" in project.names.by_name

    declared = Project(
        project_of({"code/lib/tool.py": "x = 1\n"}).outlines, config=Config(source_roots=("code",))
    )
    assert declared.names.modules["code/lib/tool.py"].name == "lib.tool"
