# -*- coding: utf-8 -*-
from flask import Blueprint, current_app, jsonify, render_template

from .models import Post, Tag

main = Blueprint('main', __name__)


@main.route('/')
def index():
    posts = Post.query.order_by(Post.created.desc()) \
        .limit(current_app.config['POSTS_PER_PAGE']).all()
    return render_template('index.html', posts=posts)


@main.route('/post/<slug>')
def post(slug):
    post = Post.query.filter_by(slug=slug).first_or_404()
    return render_template('post.html', post=post)


@main.route('/tags.json')
def tags():
    tags = Tag.query.order_by(Tag.name).all()
    return jsonify(tags=[tag.name for tag in tags])
