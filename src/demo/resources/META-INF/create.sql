create sequence starcast_todo_id start with 1 increment by 1;
create table starcast_todo (id bigint primary key, text varchar(200) not null, done boolean not null, version integer not null);
