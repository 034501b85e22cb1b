"""The command line of Flask-Script."""

from app import app
from flask_script import Manager

from flask_migrate_compat import MigrateCommand

manager = Manager(app)
manager.add_command("db", MigrateCommand)

if __name__ == "__main__":
    manager.run()
