"""A shop: one Flask application with one database."""

import os
from pathlib import Path

import click
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate

db = SQLAlchemy()
migrate = Migrate()

HERE = Path(__file__).resolve().parent.parent


def create_app():
    """Make the application; the database is shop.db, or what DATABASE_URL says."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get(
        "DATABASE_URL", f"sqlite:///{HERE / 'shop.db'}"
    )
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False

    db.init_app(app)
    # An absolute folder: the commands work in any current directory.
    migrate.init_app(app, db, directory=HERE / "migrations")

    from . import models

    @app.cli.command("add-product")
    @click.argument("name")
    @click.option("--price", type=int, default=0, help="Price in cents.")
    def add_product(name, price):
        """Add a product to the shop."""
        db.session.add(models.Product(name=name, price=price))
        db.session.commit()
        click.echo(f"{name} costs {price}.")

    @app.route("/")
    def index():
        products = models.Product.query.order_by(models.Product.name)
        return "\n".join(product.name for product in products)

    return app
