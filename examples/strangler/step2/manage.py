"""Step 2: "db" is that of Flask, and Flask has all of the commands.

``python manage.py …`` and ``FLASK_APP=manage.py flask …`` do the same.
"""

from flask_script import Command, Manager, Option

from app import Book, app, db
from flask_migrate_compat.legacy.bridge import click_commands, script_command

manager = Manager(app)
manager.add_command("db", script_command(app.cli.commands["db"]))


@manager.option("-y", "--year", type=int)
@manager.option("title")
def add(title, year):
    """Add a book."""
    db.session.add(Book(title=title, year=year))
    db.session.commit()
    print(f"{title} added")


class Count(Command):
    """Count the books."""

    option_list = (Option("--since", type=int, default=0, help="first year"),)

    def run(self, since):
        """Print the number."""
        print(Book.query.filter(Book.year >= since).count())


manager.add_command("count", Count())

years = Manager(usage="Work with years")
manager.add_command("years", years)


@years.command
def show():
    """Print all years."""
    for book in Book.query.order_by(Book.year):
        print(f"{book.year}: {book.title}")


@years.command
def drop(year):
    """Remove the books of a year; there must be one."""
    found = Book.query.filter_by(year=int(year)).all()
    for book in found:
        db.session.delete(book)
    db.session.commit()
    return 0 if found else 1


for command in click_commands(manager):
    app.cli.add_command(command)

if __name__ == "__main__":
    manager.run()
