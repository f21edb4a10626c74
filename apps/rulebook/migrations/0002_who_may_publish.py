from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("rulebook", "0001_policies"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="policylayer",
            options={
                "ordering": ("id",),
                "permissions": (("publish_policy", "Can put policies into force"),),
            },
        ),
    ]
