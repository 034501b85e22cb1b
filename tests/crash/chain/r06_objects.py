"""Save objects, whose ids the database gives out, with flush()."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, relationship

try:
    from sqlalchemy.orm import declarative_base
except ImportError:  # SQLAlchemy before 1.4
    from sqlalchemy.ext.declarative import declarative_base

revision = "r06"
down_revision = "r05"


Base = declarative_base()


class Event(Base):
    __tablename__ = "event"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String(40), nullable=False)
    tags = relationship("EventTag", order_by="EventTag.id")


class EventTag(Base):
    __tablename__ = "event_tag"
    id = sa.Column(sa.Integer, primary_key=True)
    event_id = sa.Column(sa.Integer, sa.ForeignKey("event.id", name="fk_tag_event"))
    word = sa.Column(sa.String(40), nullable=False)


def upgrade():
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String(40), nullable=False),
    )
    op.create_table(
        "event_tag",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "event_id", sa.Integer, sa.ForeignKey("event.id", name="fk_tag_event")
        ),
        sa.Column("word", sa.String(40), nullable=False),
    )
    session = Session(bind=op.get_bind())
    for number in (1, 2, 3):
        tags = [EventTag(word=f"tag {number}.{tag}") for tag in (1, 2)]
        session.add(Event(title=f"event {number}", tags=tags))
    session.flush()
    single = Event(title="single")
    session.add(single)
    session.flush()
    session.add(EventTag(event_id=single.id, word="of the single one"))
    session.flush()
    session.close()
    op.execute("INSERT INTO applied (revision) VALUES ('r06')")
