"""Plan how a file's Managers of Flask-Script become click commands.

* :mod:`.planner`: the whole file, and what of it stands against it.
* :mod:`.plan`: what the planner finds, and what it decides.
* :mod:`.applications`: whether a Manager has an application or a factory.
* :mod:`.adding`: ``manager.add_command(…)``.
* :mod:`.command_functions`: functions that a Manager decorates.
* :mod:`.command_classes`: subclasses of ``Command``.
* :mod:`.command_body`: what a command does that works under ``manage.py`` only.
* :mod:`.click_options`: options and arguments.
* :mod:`.prompts`: questions, which need no Manager.

The rules ``flask_script_manager`` and ``migrate_command`` carry the plan out.
"""
