module examples

go 1.21
