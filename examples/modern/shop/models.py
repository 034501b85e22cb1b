"""The tables of the shop."""

from . import db


class Product(db.Model):
    """Something that can be bought."""

    __tablename__ = "product"

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(100), nullable=False, unique=True)
    price = db.Column(db.Integer, nullable=False, server_default="0")


class Order(db.Model):
    """A product that somebody has bought."""

    __tablename__ = "order"

    id = db.Column(db.Integer, primary_key=True)
    product_id = db.Column(db.ForeignKey("product.id"), nullable=False)
    quantity = db.Column(db.Integer, nullable=False)
