"""Step 4: Flask-Script is gone, and manage.py with it: ``FLASK_APP=commands.py``."""

import sys

import click

from app import Book, app, db


@app.cli.command()
@click.argument("title")
@click.option("-y", "--year", type=int)
def add(title, year):
    """Add a book."""
    db.session.add(Book(title=title, year=year))
    db.session.commit()
    print(f"{title} added")


@app.cli.command()
@click.option("--since", type=int, default=0, help="first year")
def count(since):
    """Count the books."""
    print(Book.query.filter(Book.year >= since).count())


@app.cli.group()
def years():
    """Work with years."""


@years.command()
def show():
    """Print all years."""
    for book in Book.query.order_by(Book.year):
        print(f"{book.year}: {book.title}")


@years.command()
@click.argument("year", type=int)
def drop(year):
    """Remove the books of a year; there must be one."""
    found = Book.query.filter_by(year=year).all()
    for book in found:
        db.session.delete(book)
    db.session.commit()
    sys.exit(0 if found else 1)
