"""The commands that have moved: click, and nothing else."""

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
