<?php
// A small application on PHP's own server: files, an echo, and an upload that is refused before it is read.
$name = basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$file = getenv('ROOT') . '/' . $name;
if ($name === 'upload') { http_response_code(401); echo 'no'; return; }
if ($name === 'echo') { header('Content-Type: text/plain'); echo file_get_contents('php://input'); return; }
if (!is_file($file)) { http_response_code(404); echo 'not here'; return; }
header('Content-Type: application/octet-stream');
header('Content-Length: ' . filesize($file));
if ($_SERVER['REQUEST_METHOD'] !== 'HEAD') readfile($file);
