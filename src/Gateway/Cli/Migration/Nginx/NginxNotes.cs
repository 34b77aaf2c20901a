using System.Collections.Frozen;

namespace Gateway.Cli.Migration.Nginx;

/// <summary>Directives without a counterpart, and why; those that are carried over or do not matter are silent.</summary>
internal static class NginxNotes
{
    private static readonly FrozenSet<string> Silent = new[]
    {
        // Carried over, or noted where they are read.
        "http", "server", "upstream", "location", "listen", "server_name", "proxy_pass", "grpc_pass", "proxy_set_header",
        "grpc_set_header", "return", "rewrite", "set",
        "ssl", "ssl_certificate", "ssl_certificate_key", "proxy_read_timeout", "proxy_connect_timeout", "proxy_next_upstream",
        "proxy_next_upstream_tries",
        "client_max_body_size", "client_header_timeout", "proxy_cache", "proxy_cache_use_stale", "limit_req", "limit_req_zone", "allow",
        "deny", "add_header",
        "proxy_hide_header", "gzip", "gzip_types", "gzip_min_length", "set_real_ip_from", "proxy_buffering", "weight", "least_conn",
        "least_time", "random", "ip_hash", "hash", "sticky",

        // The gateway does it by itself, or it concerns nginx's own process.
        "events", "worker_connections", "worker_processes", "worker_rlimit_nofile", "worker_cpu_affinity", "worker_shutdown_timeout",
        "multi_accept", "use", "accept_mutex", "user", "pid", "daemon",
        "master_process", "error_log", "access_log", "log_format", "log_not_found", "log_subrequest", "open_log_file_cache", "sendfile",
        "tcp_nopush", "tcp_nodelay", "keepalive", "keepalive_timeout", "keepalive_requests",
        "keepalive_time", "types_hash_max_size", "types_hash_bucket_size", "server_names_hash_bucket_size", "server_names_hash_max_size",
        "variables_hash_max_size", "variables_hash_bucket_size", "map_hash_bucket_size",
        "map_hash_max_size", "default_type", "types", "charset", "server_tokens", "zone", "proxy_http_version", "proxy_redirect",
        "proxy_buffers", "proxy_buffer_size", "proxy_busy_buffers_size", "proxy_temp_path",
        "proxy_max_temp_file_size", "proxy_temp_file_write_size", "proxy_socket_keepalive", "proxy_send_timeout", "send_timeout",
        "client_body_timeout", "client_body_buffer_size", "client_body_temp_path", "client_header_buffer_size",
        "large_client_header_buffers", "reset_timedout_connection", "resolver", "resolver_timeout", "http2",
        "http2_max_concurrent_streams", "http2_recv_buffer_size", "gzip_vary", "gzip_proxied", "gzip_comp_level",
        "gzip_buffers", "gzip_http_version", "gzip_disable", "gzip_static", "proxy_cache_path", "proxy_cache_valid", "proxy_cache_key",
        "proxy_cache_bypass", "proxy_no_cache", "proxy_cache_lock", "proxy_cache_lock_timeout",
        "proxy_cache_background_update", "proxy_cache_revalidate", "proxy_cache_methods", "proxy_cache_min_uses", "proxy_ignore_headers",
        "proxy_pass_header", "proxy_pass_request_headers", "proxy_pass_request_body",
        "real_ip_recursive", "auth_basic_user_file", "ssl_stapling", "ssl_stapling_verify", "ssl_trusted_certificate",
        "http2_push_preload", "ssl_client_certificate", "ssl_session_cache", "ssl_session_timeout", "ssl_session_tickets",
        "ssl_prefer_server_ciphers", "ssl_ecdh_curve", "ssl_dhparam", "ssl_buffer_size", "ssl_early_data", "limit_req_status",
        "limit_req_log_level", "limit_conn_zone", "proxy_ssl_server_name", "proxy_ssl_session_reuse", "merge_slashes", "etag",
        "if_modified_since", "expires", "root", "index", "autoindex", "load_module", "env", "pcre_jit",
        "ignore_invalid_headers", "underscores_in_headers", "port_in_redirect", "absolute_redirect", "server_name_in_redirect", "internal",
        "ntlm", "fastcgi_param", "fastcgi_index", "fastcgi_pass", "uwsgi_pass", "scgi_pass",
        "memcached_pass", "stub_status", "timer_resolution", "thread_pool", "aio", "directio", "output_buffers", "postpone_output",
        "lingering_close", "lingering_time", "lingering_timeout",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (string Why, string Instead)> Reasons =
        new Dictionary<string, (string, string)>(StringComparer.Ordinal)
        {
            ["stream"] = ("TCP and UDP are not forwarded", "Keep nginx or HAProxy for them"),
            ["mail"] = ("Mail is not forwarded", "Keep nginx for it"),
            ["if"] = ("Conditions are routes of their own", "Write a route with match.host, methods, headers or query"),
            ["map"] = ("A value cannot depend on another", "Write a route for each value with match.headers, match.query or match.host"),
            ["geo"] = ("A value cannot depend on the client's network", "Write allow or deny on a route"),
            ["split_clients"] = ("Clients are not split by shares", "Give destinations weights in one tier"),
            [
        "error_page"] =
            (
                "Pages for errors are the fallback chain's",
                "Put the page into the folder staticFallback and write fallback: [ { file: PAGE.html } ] on the route"),
            ["try_files"] = ("Files are not served", "Put a web server behind the gateway for them"),
            ["alias"] = ("Files are not served", "Put a web server behind the gateway for them"),
            [
        "auth_basic"] =
            (
                "Passwords are not checked, so that the route is closed (deny)",
                "Let the service check them and take deny off, or write allow with the networks that may ask"),
            [
        "auth_request"] =
            (
                "No other service is asked, so that the route is closed (deny)",
                "Let the service check it and take deny off, or write allow with the networks that may ask"),
            ["auth_jwt"] = ("Tokens are not checked, so that the route is closed (deny)", "Let the service check them and take deny off"),
            [
        "ssl_verify_client"] =
            (
                "Certificates of clients are not asked for, so that the routes are closed (deny)",
                "See docs/http.md, or write allow with the networks that may ask"),
            ["satisfy"] = ("Rules of access all hold", "Check allow and deny of the route"),
            ["limit_conn"] = ("Connections of one client are not counted", "Write rateLimit, and capacity on the tier"),
            ["limit_rate"] = ("Bytes per second are not limited", "Leave it to a balancer or the service"),
            ["limit_except"] = ("Methods are part of a route", "Write match.methods on the route"),
            ["sub_filter"] = ("Bodies are not changed", "Let the service write what is meant"),
            ["mirror"] = (
                "Requests are not copied to a service of your choice",
                "The cluster's mirror sends a share of its reads to the next tier, and compares"),
            ["proxy_cookie_path"] = ("Cookies in responses are not rewritten", "Let the service set the path"),
            ["proxy_cookie_domain"] = ("Cookies in responses are not rewritten", "Let the service set the domain"),
            ["proxy_method"] = ("Methods are not changed", "Let the client send the method that is meant"),
            [
        "proxy_request_buffering"] =
            (
                "Bodies up to 64 KiB are read ahead, larger ones are streamed",
                "Write attempts: { requestBuffer: SIZE } on the route to read more ahead or none"),
            [
        "proxy_intercept_errors"] =
            (
                "An error of the service goes to the user as it is",
                "Write retryOn on the cluster for statuses that another destination may answer better"),
            ["health_check"] = ("The check is not read", "Write probe: { path: …, interval: …, fall: …, rise: … } on the cluster"),
            [
        "real_ip_header"] =
            (
                "X-Forwarded-For and Forwarded of trustedProxies are read",
                "Leave it if the header is X-Forwarded-For; use proxyProtocol on the listener for proxy_protocol"),
            ["slice"] = ("Files are not fetched in pieces", "Leave it out"),
            ["proxy_bind"] = ("Destinations are reached from the system's own address", "Set the route of the system"),
            ["perl"] = ("Programs do not run in the gateway", "Let the service do it"),
            ["proxy_next_upstream_timeout"] = ("The whole request has one deadline", "Write timeouts: { total: … }"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Notes what of the directives and all below them is not carried over.</summary>
    public static void OfAll(IEnumerable<NginxDirective> directives, Draft draft)
    {
        foreach (var directive in directives)
        {
            if (directive is { Name: "map", First: "$http_upgrade" })
            {
                // Upgrades are carried by themselves.
                continue;
            }

            if (Reasons.TryGetValue(directive.Name, out var reason))
            {
                if (directive is not { Name: "auth_basic" or "auth_request" or "auth_jwt" or "ssl_verify_client", First: "off" }
                    && directive is not { Name: "proxy_intercept_errors" or "real_ip_header", First: "off" or "X-Forwarded-For" })
                {
                    draft.Note(directive.At, directive.ToString(), reason.Why, reason.Instead);
                }

                if (directive.Name is not ("if" or "limit_except"))
                {
                    continue;
                }
            }
            else if (directive.Name.StartsWith("proxy_ssl_", StringComparison.Ordinal) && !Silent.Contains(directive.Name))
            {
                draft.Note(
                    directive.At,
                    directive.ToString(),
                    "Destinations' certificates are checked against the system's authorities",
                    "See docs/http.md for TLS to destinations");
            }
            else if (directive.Name.StartsWith("ssl_", StringComparison.Ordinal) && !Silent.Contains(directive.Name))
            {
                draft.Note(
                    directive.At,
                    directive.ToString(),
                    "TLS of listeners is the platform's own but for the certificate",
                    "See docs/http.md for TLS");
            }
            else if (!Silent.Contains(directive.Name))
            {
                draft.Note(
                    directive.At,
                    directive.ToString(),
                    "It has no counterpart that the migration knows",
                    "See docs/coming-from-nginx.md and docs/configuration.md");
            }

            // What stands in these is a table, not directives.
            if (directive.Name is not ("map" or "geo" or "types" or "split_clients" or "events" or "if"))
            {
                OfAll(directive.Inside, draft);
            }
        }
    }
}
