1{"id":1,"cmd":"entry.self"}
0{"id":1,"cmd":"entry.self"}
