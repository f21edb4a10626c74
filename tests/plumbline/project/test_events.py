"""Which functions are tasks and receivers, who queues them, and what Celery is told."""

import pytest

from plumbline import outline as o
from plumbline.project.events import task_arguments
from plumbline.project.settings import UNKNOWN
from tests.plumbline.project.projects import project_of

APP = "from celery import Celery\napp = Celery('shop')\n"
SIGNALS = "from django.db.models.signals import post_save, pre_delete\nfrom django.dispatch import receiver\n"


def tasks(files):
    return {task.function.name: task for task in project_of(files).events.tasks}


def receivers(files):
    return [
        (receiver.function.name, receiver.signals)
        for receiver in project_of(files).events.receivers
    ]


# ---- tasks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "decorator", "framework"),
    [
        ("from celery import shared_task", "shared_task", "celery"),
        ("from celery import shared_task", "shared_task(bind=True)", "celery"),
        ("import celery", "celery.shared_task()", "celery"),
        ("from celery import shared_task as job", "job", "celery"),
        ("from config.celery import app", "app.task", "celery"),
        ("from config.celery import app as celery", "celery.task(queue='x')", "celery"),
        ("from config import celery_app", "celery_app.task", "celery"),
        ("from celery import current_app", "current_app.task", "celery"),
        ("from django.tasks import task", "task", "django"),
        ("from django_tasks import task", "task(priority=1)", "django"),
    ],
)
def test_a_decorated_function_is_a_task(head, decorator, framework):
    files = {
        "config/__init__.py": "from .celery import app as celery_app\n",
        "config/celery.py": APP,
        "shop/tasks.py": f"{head}\n@{decorator}\ndef ship(order_id):\n    pass\n",
    }
    assert tasks(files)["ship"].framework == framework


@pytest.mark.parametrize(
    "text",
    [
        "from invoke import task\n@task\ndef ship():\n    pass\n",
        "from pytest import mark\n@mark.task\ndef ship():\n    pass\n",
        "def ship():\n    pass\n",
    ],
)
def test_a_function_of_another_decorator_is_no_task(text):
    assert not tasks({"config/celery.py": APP, "shop/tasks.py": text})


def test_a_task_in_a_test_is_none():
    text = "from celery import shared_task\n@shared_task\ndef ship():\n    pass\n"
    assert not tasks({"shop/tests/test_tasks.py": text})


@pytest.mark.parametrize(
    "factory",
    [
        "def job(*args, **options):\n    return shared_task(*args, bind=True, time_limit=9, **options)\n",
        (
            "def job(*args, **options):\n    def wrap(f):\n"
            "        return shared_task(bind=True, time_limit=9, **options)(f)\n    return wrap\n"
        ),
    ],
)
def test_a_decorator_of_the_repository_that_makes_tasks_makes_tasks(factory):
    files = {
        "shop/jobs.py": f"from celery import shared_task\n\n{factory}",
        "shop/tasks.py": "from shop.jobs import job\n@job(queue='x')\ndef ship(self, order_id):\n    pass\n",
    }
    task = tasks(files)["ship"]
    assert (task.option("queue"), task.option("time_limit")) == ("x", 9)
    assert [parameter.name for parameter in task.parameters] == ["order_id"]
    assert not task.is_open


def test_an_application_that_a_function_makes_has_tasks():
    files = {
        "shop/worker.py": (
            "from celery import Celery\ndef make():\n    application = Celery('shop')\n    return application\n\n"
            "app = make()\n"
        ),
        "shop/tasks.py": "from shop.worker import app\n@app.task\ndef ship():\n    pass\n",
    }
    assert "ship" in tasks(files)


def test_an_application_of_a_subclass_has_tasks():
    files = {
        "shop/worker.py": "from celery import Celery\nclass OwnCelery(Celery):\n    pass\n\napp = "
        "OwnCelery('shop')\n",
        "shop/tasks.py": "from shop.worker import app\n@app.task\ndef ship():\n    pass\n",
    }
    assert "ship" in tasks(files)


def test_the_name_of_a_task_is_given_or_its_path():
    text = (
        "from celery import shared_task\n@shared_task(name='ship.it')\ndef a():\n    pass\n"
        "@shared_task\ndef b():\n    pass\n"
    )
    found = tasks({"shop/tasks.py": text})
    assert (found["a"].name, found["b"].name) == ("ship.it", "shop.tasks.b")


def test_options_of_a_base_class_are_options_of_the_task():
    text = (
        "from celery import Task, shared_task\nclass Slow(Task):\n    time_limit = 900\nclass Slower(Slow):\n    "
        "pass\n"
        "@shared_task(base=Slower, bind=True)\ndef ship(self, order_id):\n    pass\n"
    )
    task = tasks({"shop/tasks.py": text})["ship"]
    assert task.option("time_limit") == 900
    assert task.option("soft_time_limit") is None


def test_unknown_options_are_known_to_be_unknown():
    text = "from celery import shared_task\n@shared_task(**OPTIONS)\ndef ship():\n    pass\n"
    assert tasks({"shop/tasks.py": text})["ship"].is_open


# ---- dispatches ----------------------------------------------------------------------------------------------

TASK = (
    "from celery import shared_task\n@shared_task(name='ship.it')\ndef ship(order_id):\n    pass\n"
)


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        ("ship.delay(1)", [("", 1)]),
        ("ship.delay(order_id=1)", [("order_id", 1)]),
        ("ship.apply_async((1,), countdown=5)", [("", 1)]),
        ("ship.apply_async(args=[1], kwargs={'a': 2})", [("", 1), ("a", 2)]),
        ("ship.delay_on_commit(1)", [("", 1)]),
        ("ship.s(1)", [("", 1)]),
        ("ship.si(1)", [("", 1)]),
        ("on_commit(lambda: ship.delay(1))", [("", 1)]),
        ("on_commit(partial(ship.delay, 1))", [("", 1)]),
        ("on_commit(functools.partial(ship.apply_async, args=[1]))", [("", 1)]),
        ("app.send_task('ship.it', args=[1])", [("", 1)]),
        ("app.send_task('ship.it', (1,))", [("", 1)]),
        ("tasks.ship.delay(1)", [("", 1)]),
    ],
)
def test_a_dispatch_names_its_task_and_what_it_hands_over(statement, arguments):
    files = {
        "shop/tasks.py": TASK,
        "shop/services.py": (
            "import functools\nfrom functools import partial\nfrom shop import tasks\nfrom shop.tasks import ship\n"
            f"def send():\n    {statement}\n"
        ),
    }
    ((task, call),) = project_of(files).events.dispatches()
    assert task.function.name == "ship"
    assert task_arguments(call) == arguments
    assert call.function.name == "send"


@pytest.mark.parametrize(
    "statement",
    ["other.delay(1)", "ship(1)", "app.send_task('else')", "re.s(1)", "partial(print, 1)"],
)
def test_what_queues_no_known_task_is_no_dispatch(statement):
    files = {"shop/tasks.py": TASK, "shop/a.py": f"from shop.tasks import ship\n{statement}\n"}
    assert not list(project_of(files).events.dispatches())


def test_a_task_of_django_is_dispatched_through_its_options():
    files = {
        "shop/tasks.py": (
            "from django.tasks import task\n@task(takes_context=True)\ndef ship(context, order_id):\n    pass\n"
        ),
        "shop/a.py": "from shop.tasks import ship\nship.using(priority=1).enqueue(1)\nship.enqueue(2)\n",
    }
    project = project_of(files)
    assert [call.line for _, call in project.events.dispatches()] == [2, 3]
    assert [parameter.name for parameter in project.events.tasks[0].parameters] == ["order_id"]


# ---- receivers -----------------------------------------------------------------------------------------------

SAVED = ["django.db.models.signals.post_save"]


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        ("@receiver(post_save)\ndef f(**k):\n    pass\n", SAVED),
        ("@receiver([post_save, pre_delete], sender=X)\ndef f(**k):\n    pass\n",
         [*SAVED, "django.db.models.signals.pre_delete"]),
        ("@receiver(signal=post_save)\ndef f(**k):\n    pass\n", SAVED),
        ("@post_save.connect\ndef f(**k):\n    pass\n", SAVED),
        ("def f(**k):\n    pass\npost_save.connect(f, sender=X)\n", SAVED),
        ("def f(**k):\n    pass\npost_save.connect(receiver=f)\n", SAVED),
        ("def g():\n    def f(**k):\n        pass\n    post_save.connect(f)\n", SAVED),
        ("class A:\n    def g(self):\n        post_save.connect(self.f)\n    def f(self, **k):\n        1\n", SAVED),
    ],
)  # fmt: skip
def test_a_connected_function_is_a_receiver(text, signals):
    assert receivers({"shop/signals.py": SIGNALS + text}) == [("f", signals)]


def test_signals_of_the_repository_are_signals():
    files = {
        "shop/signals.py": "from django.dispatch import Signal\norder_paid = Signal()\n",
        "mail/apps.py": (
            "from shop.signals import order_paid\nfrom mail.handlers import thank\n"
            "def ready():\n    order_paid.connect(thank)\n"
        ),
        "mail/handlers.py": "def thank(**k):\n    pass\n",
    }
    ((receiver),) = project_of(files).events.receivers
    assert receiver.signals == ["shop.signals.order_paid"]
    assert (receiver.function.path, receiver.module.path) == ("mail/handlers.py", "mail/apps.py")
    assert receiver.place.line == 4


def test_a_receiver_connected_by_ready_is_found_through_its_import():
    files = {
        "shop/handlers.py": "def saved(**k):\n    pass\n",
        "shop/apps.py": (
            "from django.apps import AppConfig\nfrom django.db.models import signals\n"
            "class ShopConfig(AppConfig):\n    name = 'shop'\n"
            "    def ready(self):\n        from shop.handlers import saved\n        "
            "signals.post_save.connect(saved)\n"
        ),
    }
    assert receivers(files) == [("saved", SAVED)]
    assert [cls.name for cls in project_of(files).events.app_configs] == ["ShopConfig"]


@pytest.mark.parametrize(
    "text",
    [
        "import psycopg\ndef f():\n    pass\npsycopg.connect(f)\n",
        "def f():\n    pass\nself.button.clicked.connect(f)\n",
        "from celery.signals import task_failure\n@task_failure.connect\ndef f(**k):\n    pass\n",
        "def receiver(x):\n    pass\n@receiver(1)\ndef f(**k):\n    pass\n",
    ],
)
def test_what_is_connected_to_something_else_is_no_receiver(text):
    assert receivers({"shop/a.py": text}) == []


def test_receivers_in_tests_and_documentation_do_not_count():
    text = SIGNALS + "@receiver(post_save)\ndef f(**k):\n    pass\n"
    assert receivers({"shop/tests.py": text, "docs/a.py": text, ".semgrep/a.py": text}) == []


# ---- what Celery is told -------------------------------------------------------------------------------------

SETTINGS = "INSTALLED_APPS = []\nCELERY_BROKER_URL = 'redis://'\n"
FROM_SETTINGS = APP + "app.config_from_object('django.conf:settings', namespace='CELERY')\n"


def config(celery, settings=SETTINGS, **files):
    found = project_of(
        {"config/celery.py": celery, "config/settings.py": settings}
        | {f"config/{name}.py": text for name, text in files.items()}
    ).celery_configs
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("celery", "settings"),
    [
        (FROM_SETTINGS, SETTINGS + "CELERY_TASK_TIME_LIMIT = 30 * 60\n"),
        (FROM_SETTINGS, SETTINGS + "CELERYD_TASK_TIME_LIMIT = 1800\n"),
        (FROM_SETTINGS, SETTINGS + "CELERY_TASK_TIME_LIMIT = 1800\nCELERYD_TASK_TIME_LIMIT = 1\n"),
        (FROM_SETTINGS.replace("'CELERY'", "'QUEUE'"), SETTINGS + "QUEUE_TASK_TIME_LIMIT = 1800\n"),
        (APP + "app.config_from_object('django.conf:settings')\n", SETTINGS + "CELERYD_TASK_TIME_LIMIT = 1800\n"),
        (FROM_SETTINGS + "app.conf.task_time_limit = 1800\n", SETTINGS + "CELERY_TASK_TIME_LIMIT = 1\n"),
        ("from django.conf import settings\n" + APP + "app.conf.update(task_time_limit=settings.LIMIT)\n",
         SETTINGS + "LIMIT = 1800\n"),
        (APP + "app.conf.update({'task_time_limit': 1800})\n", SETTINGS),
        (APP + "app.conf['task_time_limit'] = 1800\n", SETTINGS),
        (APP + "app.conf.task_time_limit = 1\napp.conf.task_time_limit = 1800\n", SETTINGS),
        ("from celery import Celery\napp = Celery('shop', task_time_limit=1800)\n", SETTINGS),
        (APP + "class C:\n    task_time_limit = 1800\napp.config_from_object(C)\n", SETTINGS),
        (APP + "class C:\n    task_time_limit = 1800\napp.config_from_object('config.celery:C')\n", SETTINGS),
        (APP + "app.conf.add_defaults({'task_time_limit': 1})\napp.conf.task_time_limit = 1800\n", SETTINGS),
    ],
)  # fmt: skip
def test_an_option_is_found_wherever_it_is_given(celery, settings):
    assert config(celery, settings).value("task_time_limit") == 1800


def test_a_configuration_module_tells_its_lower_case_names():
    celery = APP + "app.config_from_object('config.celeryconfig')\n"
    found = config(celery, celeryconfig="LIMIT = 5\ntask_time_limit = LIMIT * 2\n")
    assert found.value("task_time_limit") == 10
    assert (found.located("task_time_limit").path, found.located("task_time_limit").line) == (
        "config/celeryconfig.py", 2,
    )  # fmt: skip


def test_what_nothing_sets_is_celery_s_default_and_located_at_the_application():
    found = config(FROM_SETTINGS)
    assert found.get("task_serializer") is None
    assert found.value("task_serializer") == "json"
    assert found.value("accept_content") == ["json"]
    assert (found.located("task_serializer").path, found.located("task_serializer").line) == (
        "config/celery.py", 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    "celery",
    [
        FROM_SETTINGS.replace("'CELERY'", "NAMESPACE"),
        APP + "app.config_from_envvar('X')\n",
        APP + "app.config_from_object('elsewhere.celeryconfig')\n",
        APP + "app.conf.update(load())\n",
        APP + "app.conf.update(**load())\n",
        FROM_SETTINGS + "app.conf = load()\n",
    ],
)
def test_what_may_come_from_an_unread_place_is_unknown(celery):
    found = config(celery)
    assert found.is_open
    assert found.value("task_time_limit") is UNKNOWN


def test_settings_that_do_not_even_name_a_broker_are_read_from_elsewhere():
    assert config(FROM_SETTINGS, "INSTALLED_APPS = []\n").is_open


def test_an_option_from_the_environment_or_under_a_condition_is_unknown():
    settings = "import os\n" + SETTINGS + "CELERY_TASK_TIME_LIMIT = int(os.environ['X'])\n"
    assert config(FROM_SETTINGS, settings).value("task_time_limit") is UNKNOWN
    celery = (
        FROM_SETTINGS
        + "if x():\n    app.conf.task_serializer = 'pickle'\n    app.conf.accept_content = ['json']\n"
    )
    found = config(celery)
    assert found.value("task_serializer") is UNKNOWN
    assert found.value("accept_content") == ["json"]


def test_options_are_set_from_other_modules_and_functions_too():
    found = config(
        FROM_SETTINGS,
        more="from config.celery import app\napp.conf.task_time_limit = 7\n",
        late="from config.celery import app\ndef f():\n    app.conf.update(task_soft_time_limit=5)\n",
    )
    assert found.value("task_time_limit") == 7
    assert found.value("task_soft_time_limit") is UNKNOWN


def test_an_application_made_in_a_function_is_configured_there():
    celery = (
        "from celery import Celery\ndef make():\n    made = Celery('shop')\n"
        "    made.config_from_object('django.conf:settings', namespace='CELERY')\n"
        "    made.conf.update(task_time_limit=9)\n    return made\n\napp = make()\n"
    )
    found = config(celery)
    assert (found.value("task_time_limit"), found.value("task_serializer")) == (9, "json")


def test_limits_in_the_worker_s_command_are_seen():
    files = {
        "config/celery.py": APP,
        "Procfile": "worker: celery -A config worker -l info --soft-time-limit=5\n",
    }
    assert project_of(files).worker_command_limits == (False, True)


# ---- what a receiver is told -----------------------------------------------------------------------------------


def test_a_sender_may_be_given_by_position():
    text = SIGNALS + "def saved(sender, **kwargs):\n    pass\n\npost_save.connect(saved, Order)\n"
    (receiver,) = project_of({"shop/signals.py": text}).events.receivers
    assert receiver.options["sender"] == o.Ref("Order")
    assert receiver.caller is None


def test_the_caller_is_the_function_that_connects():
    text = SIGNALS + (
        "def saved(sender, **kwargs):\n    pass\n\ndef ready():\n    post_save.connect(saved)\n"
    )
    (receiver,) = project_of({"shop/signals.py": text}).events.receivers
    assert receiver.caller is not None
    assert receiver.caller.name == "ready"


def test_signals_of_the_repository_know_the_call_that_makes_them():
    text = "from django.dispatch import Signal\n\norder_paid = Signal(use_caching=True)\n"
    signals = project_of({"shop/signals.py": text}).events.signals
    assert signals["shop.signals.order_paid"].keyword("use_caching") is True


def test_receivers_in_tests_and_settings_are_not_the_repositorys_own():
    text = SIGNALS + "@receiver(post_save)\ndef saved(sender, **kwargs):\n    pass\n"
    events = project_of({"shop/signals.py": text, "config/settings.py": text}).events
    assert [item.function.path for item in events.own_receivers] == ["shop/signals.py"]
