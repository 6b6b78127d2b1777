"""Names and addresses of users under keys of their own."""

import sqlalchemy as sa
from alembic import context, op

from api.security.vault import Vault

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_USERS = sa.table(
    "users",
    sa.column("id", sa.Uuid()),
    sa.column("email", sa.String()),
    sa.column("name", sa.String()),
    sa.column("wrapped_key", sa.LargeBinary()),
    sa.column("email_index", sa.LargeBinary()),
    sa.column("email_ct", sa.LargeBinary()),
    sa.column("name_ct", sa.LargeBinary()),
)


def upgrade() -> None:
    for column in ("wrapped_key", "email_index", "email_ct", "name_ct"):
        op.add_column("users", sa.Column(column, sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    users = connection.execute(sa.select(_USERS.c.id, _USERS.c.email, _USERS.c.name)).all()
    for user_id, email, name in users:
        vault = _vault()
        wrapped = vault.new_wrapped_key()
        cipher = vault.cipher(wrapped)
        connection.execute(
            sa.update(_USERS)
            .where(_USERS.c.id == user_id)
            .values(
                wrapped_key=wrapped,
                email_index=vault.blind_index("user-email", email),
                email_ct=cipher.encrypt(email, "users.email"),
                name_ct=cipher.encrypt(name, "users.name"),
            )
        )
    for column in ("email_index", "email_ct", "name_ct"):
        op.alter_column("users", column, nullable=False)
    op.create_unique_constraint(op.f("uq_users_email_index"), "users", ["email_index"])
    op.drop_column("users", "email")
    op.drop_column("users", "name")


def downgrade() -> None:
    op.add_column("users", sa.Column("email", sa.String(), nullable=True))
    op.add_column("users", sa.Column("name", sa.String(), nullable=True))
    connection = op.get_bind()
    users = connection.execute(
        sa.select(_USERS.c.id, _USERS.c.wrapped_key, _USERS.c.email_ct, _USERS.c.name_ct)
    ).all()
    for user_id, wrapped, email, name in users:
        # Of one whose key was destroyed nothing can be read back.
        cipher = None if wrapped is None else _vault().cipher(wrapped)
        connection.execute(
            sa.update(_USERS)
            .where(_USERS.c.id == user_id)
            .values(
                email=str(user_id) if cipher is None else cipher.decrypt(email, "users.email"),
                name="" if cipher is None else cipher.decrypt(name, "users.name"),
            )
        )
    op.alter_column("users", "email", nullable=False)
    op.alter_column("users", "name", nullable=False)
    op.create_unique_constraint(op.f("uq_users_email"), "users", ["email"])
    for column in ("wrapped_key", "email_index", "email_ct", "name_ct"):
        op.drop_column("users", column)


def _vault() -> Vault:
    vault = context.config.attributes.get("vault")
    if not isinstance(vault, Vault):
        raise RuntimeError("this migration encrypts: run it as `python -m api migrate`")
    return vault
