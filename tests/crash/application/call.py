"""The call of the function, as in a script for a deployment."""

from app import app

from flask_migrate_compat import upgrade

if __name__ == "__main__":
    with app.app_context():
        upgrade()
