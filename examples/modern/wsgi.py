"""What web servers import; also for ``FLASK_APP`` on Flask 0.12 (no factories there)."""

from shop import create_app

app = create_app()
