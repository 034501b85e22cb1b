"""Save objects, and change some, with commit()."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session, relationship

try:
    from sqlalchemy.orm import declarative_base
except ImportError:  # SQLAlchemy before 1.4
    from sqlalchemy.ext.declarative import declarative_base

revision = "r19"
down_revision = "r18"


Base = declarative_base()


class Event(Base):
    __tablename__ = "event"
    id = sa.Column(sa.Integer, primary_key=True)
    title = sa.Column(sa.String(40), nullable=False)
    place = sa.Column(sa.String(40))
    tags = relationship("EventTag", order_by="EventTag.id")


class EventTag(Base):
    __tablename__ = "event_tag"
    id = sa.Column(sa.Integer, primary_key=True)
    event_id = sa.Column(sa.Integer, sa.ForeignKey("event.id", name="fk_tag_event"))
    word = sa.Column(sa.String(40), nullable=False)


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r19')")
    op.add_column("event", sa.Column("place", sa.String(40), nullable=True))
    session = Session(bind=op.get_bind())
    for event in session.query(Event).order_by(Event.id).all():
        event.place = f"{len(event.tags)} tags"
    for number in (4, 5):
        tags = [EventTag(word=f"tag {number}.{tag}") for tag in (1, 2)]
        session.add(Event(title=f"event {number}", tags=tags))
    session.commit()
    # The parent of what was just saved is read again.
    last = session.query(Event).order_by(Event.id.desc()).first()
    session.add(EventTag(event_id=last.id, word="of the last one"))
    session.commit()
    session.close()
