"""The old command line, kept while scripts and people still call it."""

from flask_script import Manager

from app import Note, app, db
from flask_migrate_compat import MigrateCommand

manager = Manager(app)
manager.add_command("db", MigrateCommand)


@manager.command
def add(text):
    """Add a note."""
    db.session.add(Note(text=text))
    db.session.commit()


if __name__ == "__main__":
    manager.run()
