# Settings of Alembic for this application. The address of the database is not among
# them: env.py asks the application for it.

[alembic]
# File name of a new revision, without ".py". The example sorts by date; percent signs
# are written twice.
# file_template = %%(year)d-%%(month).2d-%%(day).2d_%%(rev)s_%%(slug)s

# Longest part of the message that goes into the file name.
# truncate_slug_length = 40

# Run env.py for "revision" without autogenerate and for "merge", too.
# revision_environment = false


# Logging while a command of Alembic runs, in the format of logging.config.fileConfig.
# Remove everything below to keep what the application has set up.
[loggers]
keys = root, sqlalchemy, alembic, alembic_plugins, flask_migrate

[handlers]
keys = stderr

[formatters]
keys = short

[logger_root]
level = WARNING
handlers = stderr

# INFO shows every SQL statement.
[logger_sqlalchemy]
qualname = sqlalchemy.engine
level = WARNING
handlers =

# INFO shows every revision that is run.
[logger_alembic]
qualname = alembic
level = INFO
handlers =

# At INFO, newer versions of Alembic list the parts of autogenerate here every time.
[logger_alembic_plugins]
qualname = alembic.runtime.plugins
level = WARNING
handlers =

[logger_flask_migrate]
qualname = flask_migrate
level = INFO
handlers =

[handler_stderr]
class = StreamHandler
args = (sys.stderr,)
formatter = short

[formatter_short]
format = %(levelname)-7s %(name)s: %(message)s
