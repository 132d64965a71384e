drop table if exists starcast_reading;
drop table if exists starcast_todo;
drop sequence if exists starcast_todo_id;
