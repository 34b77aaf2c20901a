using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gateway.Health.Kubernetes;

/// <summary>
/// Reads the current context of a kubeconfig, for a gateway outside of the cluster. Programs that it names (<c>exec</c>) are not run.
/// </summary>
internal static class KubeConfig
{
    /// <summary>How the cluster of the current context is spoken to.</summary>
    /// <exception cref="KubernetesException">The file does not say it.</exception>
    public static ClusterAccess Read(string file)
    {
        var root = RootOf(file);
        var current = Text(root, "current-context") ?? throw new KubernetesException($"\"{file}\" has no \"current-context\". Choose one "
            + "with kubectl config use-context NAME");
        var context = Named(root, "contexts", current, "context", file);
        var cluster = Named(root, "clusters", Text(context, "cluster") ?? "", "cluster", file);
        var user = Text(context, "user") is { } name ? Named(root, "users", name, "user", file) : new YamlMappingNode();
        if (!Uri.TryCreate(Text(cluster, "server"), UriKind.Absolute, out var server)
            || !string.Equals(server.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
        {
            throw new KubernetesException($"\"server\" of context '{current}' in \"{file}\" must be an https:// URL, given "
                + $"\"{Text(cluster, "server")}\"");
        }

        if (Text(cluster, "insecure-skip-tls-verify") is "true")
        {
            throw new KubernetesException($"Context '{current}' in \"{file}\" checks no certificate (insecure-skip-tls-verify), and the "
                + "gateway would send its token to any server. Name the cluster's authority in certificate-authority");
        }

        foreach (var program in new[] { "exec", "auth-provider" })
        {
            if (user.Children.ContainsKey(new YamlScalarNode(program)))
            {
                throw new KubernetesException($"Context '{current}' in \"{file}\" gets its token from a program (\"{program}\"), which the "
                    + "gateway does not run. Write a token, a tokenFile or a client certificate");
            }
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        return new ClusterAccess(server, Text(context, "namespace") ?? "default")
        {
            Authorities = Source(cluster, "certificate-authority", folder) is { } authority
                ? () => AccessFiles.AuthoritiesOf(authority(), $"context '{current}'")
                : null,
            Token = Text(user, "tokenFile") is { } tokens ? () => AccessFiles.TextOf(Path.Combine(folder, tokens))
                : Text(user, "token") is { } token ? () => token
                : null,
            Certificate = Source(user, "client-certificate", folder) is { } certificate && Source(user, "client-key", folder) is { } key
                ? () => Own(certificate(), key(), current)
                : null,
            ServerName = Text(cluster, "tls-server-name"),
        };
    }

    private static X509Certificate2 Own(string certificate, string key, string context)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException e)
        {
            throw new KubernetesException($"Certificate and key of context '{context}' cannot be used: {e.Message.TrimEnd('.')}", e);
        }
    }

    // What stands in the file itself (NAME-data) comes before a file that it names, as in kubectl.
    private static Func<string>? Source(YamlMappingNode node, string name, string folder)
    {
        if (Text(node, $"{name}-data") is { } data)
        {
            return () =>
            {
                try
                {
                    return Encoding.ASCII.GetString(Convert.FromBase64String(data));
                }
                catch (FormatException e)
                {
                    throw new KubernetesException($"\"{name}-data\" of the kubeconfig is not base64", e);
                }
            };
        }

        return Text(node, name) is { } file ? () => AccessFiles.TextOf(Path.Combine(folder, file)) : null;
    }

    private static YamlMappingNode RootOf(string file)
    {
        try
        {
            var yaml = new YamlStream();
            using var text = new StringReader(AccessFiles.TextOf(file));
            yaml.Load(text);
            return yaml.Documents is [{ RootNode: YamlMappingNode root }, ..] ? root
                : throw new KubernetesException($"\"{file}\" is not a kubeconfig");
        }
        catch (YamlException e)
        {
            throw new KubernetesException($"\"{file}\" is not a kubeconfig: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static YamlMappingNode Named(YamlMappingNode root, string list, string name, string kind, string file)
    {
        foreach (var entry in Get(root, list) is YamlSequenceNode all ? all.OfType<YamlMappingNode>() : [])
        {
            if (string.Equals(Text(entry, "name"), name, StringComparison.Ordinal) && Get(entry, kind) is YamlMappingNode found)
            {
                return found;
            }
        }

        throw new KubernetesException($"There is no '{name}' among the {list} of \"{file}\"");
    }

    private static YamlNode? Get(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;

    private static string? Text(YamlMappingNode node, string key) =>
        Get(node, key) is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : null;
}
