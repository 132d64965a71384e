create sequence starcast_todo_id start with 1 increment by 1;
create table starcast_todo (id bigint primary key, text varchar(200) not null, done boolean not null, version integer not null);
create table starcast_reading (id bigint primary key, station varchar(40) not null, tenths int not null);
insert into starcast_reading (id, station, tenths) select x, 'Station ' || (1 + mod(x * 7, 12)), mod(x * 37, 300) from system_range(1, 2000);
