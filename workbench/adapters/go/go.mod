module lockstep

go 1.22
