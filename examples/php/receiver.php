<?php
// A receiver in PHP alone: it hashes the raw bytes, before anything parses them. PHP forgets everything between two
// requests, so what was seen is remembered by a file for each id, which only one of two requests at a time can make.

$secret = getenv('WEBHOOK_SECRET') ?: throw new RuntimeException('set WEBHOOK_SECRET to the secret_key of your subscription');
$seen = getenv('SEEN_FOLDER') ?: sys_get_temp_dir() . '/ringback-seen';

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('content-type: application/json');
    exit(json_encode($body));
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/api/webhook') {
    answer(404, ['error' => 'Not found']);
}
$body = file_get_contents('php://input');
$expected = 'sha256=' . hash_hmac('sha256', $body, $secret);
if (!hash_equals($expected, $_SERVER['HTTP_X_WEBHOOK_SIGNATURE'] ?? '')) {
    answer(401, ['error' => 'Invalid signature']);
}

is_dir($seen) || @mkdir($seen, 0700, true);
$mark = $seen . '/' . hash('sha256', $_SERVER['HTTP_X_WEBHOOK_ID'] ?? '');
if (@fopen($mark, 'x') === false) {
    // What cannot be remembered is refused, and so sent again: it is not known to have been here.
    if (!file_exists($mark)) {
        answer(500, ['error' => "Cannot write to $seen"]);
    }
    answer(200, ['success' => true, 'duplicate' => true]);
}
$told = json_decode($body, true);
error_log("{$told['event']}: {$told['callId']} is {$told['status']}");
answer(200, ['success' => true]);
