DROP FUNCTION refuse_change();
REVOKE SELECT ON __diesel_schema_migrations FROM guatu_service;
REVOKE USAGE ON SCHEMA public FROM guatu_service;
