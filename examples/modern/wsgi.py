"""What web servers import, and ``FLASK_APP`` on Flask 0.12: it has no factories."""

from shop import create_app

app = create_app()
