;; An echo node by hand: it looks for what it needs in the line that it has read, from 2048 on, and
;; copies it. Its words stand from 32768 on.
(data (i32.const 32768) "\22msg_id\22:")
(data (i32.const 32784) "\22src\22:\22")
(data (i32.const 32800) "\22dest\22:\22")
(data (i32.const 32816) "\22echo\22:\22")
(data (i32.const 32832) "{\22src\22:\22")
(data (i32.const 32848) "\22,\22dest\22:\22")
(data (i32.const 32864) "\22,\22body\22:{\22type\22:\22init_ok\22,\22in_reply_to\22:")
(data (i32.const 32928) "\22,\22body\22:{\22type\22:\22echo_ok\22,\22in_reply_to\22:")
(data (i32.const 32992) ",\22echo\22:\22")
(data (i32.const 33008) "\22}}\0a")

;; The place behind these words in the line, or 0.
(func $find (param $words i32) (param $len i32) (result i32) (local $at i32) (local $i i32)
  (local.set $at (i32.const 2048))
  (loop $next
    (local.set $i (i32.const 0))
    (block $other
      (loop $same
        (br_if $other (i32.ne
          (i32.load8_u (i32.add (local.get $at) (local.get $i)))
          (i32.load8_u (i32.add (local.get $words) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $same (i32.lt_u (local.get $i) (local.get $len))))
      (return (i32.add (local.get $at) (local.get $len))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.ne (i32.load8_u (local.get $at)) (i32.const 10))))
  (i32.const 0))

;; Writes what comes from there to a quote, a comma or a brace.
(func $copy (param $from i32) (local $to i32) (local $byte i32)
  (local.set $to (local.get $from))
  (block $end
    (loop $next
      (local.set $byte (i32.load8_u (local.get $to)))
      (br_if $end (i32.eq (local.get $byte) (i32.const 34)))
      (br_if $end (i32.eq (local.get $byte) (i32.const 44)))
      (br_if $end (i32.eq (local.get $byte) (i32.const 125)))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (br $next)))
  (drop (call $write (i32.const 1) (local.get $from) (i32.sub (local.get $to) (local.get $from)))))

(func $run (local $len i32) (local $text i32)
  (loop $again
    (local.set $len (call $read (i32.const 0) (i32.const 2048) (i32.const 4096)))
    (if (i32.le_s (local.get $len) (i32.const 0)) (then (return)))
    (local.set $text (call $find (i32.const 32816) (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 32832) (i32.const 8)))
    (call $copy (call $find (i32.const 32800) (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 32848) (i32.const 10)))
    (call $copy (call $find (i32.const 32784) (i32.const 7)))
    (drop (call $write (i32.const 1)
      (select (i32.const 32928) (i32.const 32864) (local.get $text)) (i32.const 41)))
    (call $copy (call $find (i32.const 32768) (i32.const 9)))
    (if (local.get $text) (then
      (drop (call $write (i32.const 1) (i32.const 32992) (i32.const 9)))
      (call $copy (local.get $text))
      (drop (call $write (i32.const 1) (i32.const 33008) (i32.const 4))))
    (else (drop (call $write (i32.const 1) (i32.const 33009) (i32.const 3)))))
    (br $again)))
