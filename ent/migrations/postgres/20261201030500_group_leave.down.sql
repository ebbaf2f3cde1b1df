-- reverse: modify "platform_groups" table
ALTER TABLE "platform_groups" DROP COLUMN "leave_asked_at";
