#!/usr/bin/env python
# -*- coding: utf-8 -*-
from __future__ import print_function

import os

from flask.ext.migrate import Migrate, MigrateCommand
from flask.ext.script import (Command, Manager, Option, Server, Shell,
                              prompt_bool)

from blog import create_app, db
from blog.models import Post, Tag, User


def make_app(config_name):
    app = create_app(config_name)
    Migrate(app, db)
    return app


def make_context():
    return dict(db=db, User=User, Post=Post, Tag=Tag)


class Seed(Command):
    """Fills the database with posts to play with."""

    option_list = (
        Option('--posts', '-n', dest='posts', type=int, default=3),
    )

    def run(self, posts):
        author = User.query.filter_by(username='ada').first()
        if author is None:
            author = User(username='ada', email='ada@example.com')
            author.password = 'secret'
            db.session.add(author)
        tag = Tag.query.filter_by(name='flask').first() or Tag(name='flask')
        start = Post.query.count() + 1
        for number in range(start, start + posts):
            post = Post(title='Post number %d' % number, author=author)
            post.tags.append(tag)
            db.session.add(post)
        db.session.commit()
        print('%d posts added' % posts)


manager = Manager(make_app)
manager.add_option('-c', '--config', dest='config_name', required=False,
                   default=os.environ.get('BLOG_CONFIG') or 'default')

tag_manager = Manager(usage='Works with the tags of the posts')


@tag_manager.command
def show():
    """Prints all tags."""
    for tag in Tag.query.order_by(Tag.name):
        print('%s (%d)' % (tag.name, tag.posts.count()))


@tag_manager.option('new')
@tag_manager.option('old')
def rename(old, new):
    """Gives a tag another name."""
    tag = Tag.query.filter_by(name=old).first()
    if tag is None:
        print('no such tag: %s' % old)
        return 1
    tag.name = new
    db.session.commit()


@manager.command
def stats(verbose=False):
    """Prints how much there is of everything."""
    print('users: %d, posts: %d, tags: %d' % (
        User.query.count(), Post.query.count(), Tag.query.count()))
    if verbose:
        for user in User.query:
            print('%s: %d' % (user.username, user.posts.count()))


@manager.option('-u', '--username', dest='username', required=True)
@manager.option('-e', '--email', dest='email', default=None)
@manager.option('-a', '--admin', dest='admin', action='store_true')
def adduser(username, email, admin):
    """Registers a user."""
    if User.query.filter_by(username=username).first() is not None:
        print('%s is already there' % username)
        return 1
    db.session.add(User(username=username, email=email, is_admin=admin))
    db.session.commit()
    print('%s added' % username)


@manager.command
def purge():
    """Deletes all posts."""
    if prompt_bool('Really delete all posts'):
        for post in Post.query.all():
            db.session.delete(post)
        db.session.commit()
        print('gone')


manager.add_command('db', MigrateCommand)
manager.add_command('runserver', Server(host='127.0.0.1', port=5000))
manager.add_command('shell', Shell(make_context=make_context))
manager.add_command('seed', Seed())
manager.add_command('tags', tag_manager)

if __name__ == '__main__':
    manager.run()
