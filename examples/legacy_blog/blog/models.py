# -*- coding: utf-8 -*-
import re
from datetime import datetime

from werkzeug.security import check_password_hash, generate_password_hash

from . import db

taggings = db.Table(
    'taggings',
    db.Column('post_id', db.Integer, db.ForeignKey('posts.id'),
              primary_key=True),
    db.Column('tag_id', db.Integer, db.ForeignKey('tags.id'),
              primary_key=True))


def slugify(text):
    return re.sub(r'[^a-z0-9]+', '-', text.lower()).strip('-')


class User(db.Model):
    __tablename__ = 'users'
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(64), unique=True, nullable=False)
    email = db.Column(db.String(120))
    password_hash = db.Column(db.String(255))
    is_admin = db.Column(db.Boolean)
    posts = db.relationship('Post', backref='author', lazy='dynamic')

    @property
    def password(self):
        raise AttributeError('the password can only be set')

    @password.setter
    def password(self, password):
        self.password_hash = generate_password_hash(password)

    def verify_password(self, password):
        return check_password_hash(self.password_hash, password)

    def __repr__(self):
        return '<User %s>' % self.username


class Post(db.Model):
    __tablename__ = 'posts'
    __table_args__ = (db.UniqueConstraint('slug', name='uq_posts_slug'),)
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    slug = db.Column(db.String(200), nullable=False)
    body = db.Column(db.Text)
    created = db.Column(db.DateTime, default=datetime.utcnow)
    author_id = db.Column(db.Integer, db.ForeignKey('users.id'))
    tags = db.relationship('Tag', secondary=taggings, lazy='dynamic',
                           backref=db.backref('posts', lazy='dynamic'))

    def __init__(self, **kwargs):
        super(Post, self).__init__(**kwargs)
        if self.slug is None and self.title is not None:
            self.slug = slugify(self.title)

    def __repr__(self):
        return '<Post %s>' % self.slug


class Tag(db.Model):
    __tablename__ = 'tags'
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), unique=True, nullable=False)

    def __repr__(self):
        return '<Tag %s>' % self.name
