# -*- coding: utf-8 -*-
import os

from manage import make_app

app = make_app(os.environ.get('BLOG_CONFIG') or 'default')
