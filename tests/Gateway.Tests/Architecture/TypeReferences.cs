using System.Reflection;
using System.Reflection.Emit;

namespace Gateway.Tests.Architecture;

/// <summary>Which types of an assembly a type refers to: by its members, and by the code of its methods.</summary>
/// <remarks>
/// It reads what the compiler wrote (ECMA-335, partition III), so that a name in a comment or a property of the same name is no reference.
/// What the compiler leaves out (constants, <c>nameof</c>) is not seen. Nested types count as their outermost type.
/// </remarks>
internal static class TypeReferences
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private const byte TwoByteCode = 0xFE;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value);

    /// <summary>The references of each outermost type to others of its assembly, without those to itself.</summary>
    public static Dictionary<Type, HashSet<Type>> Of(Assembly assembly) => Of(assembly, type => type.Assembly == assembly);

    /// <summary>The references of each outermost type to those that are asked for, without those to itself.</summary>
    public static Dictionary<Type, HashSet<Type>> Of(Assembly assembly, Func<Type, bool> wanted)
    {
        var all = new Dictionary<Type, HashSet<Type>>();
        foreach (var type in assembly.GetTypes())
        {
            var owner = Outermost(type);
            if (!all.TryGetValue(owner, out var found))
            {
                all.Add(owner, found = []);
            }

            var seen = new List<Type?> { type.BaseType };
            seen.AddRange(type.GetInterfaces());
            seen.AddRange(type.GetFields(Declared).Select(static field => field.FieldType));
            foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
            {
                seen.AddRange(InMethod(method));
            }

            found.UnionWith(seen.SelectMany(Parts).Where(wanted).Select(Outermost).Where(part => part != owner));
        }

        return all;
    }

    private static IEnumerable<Type?> InMethod(MethodBase method)
    {
        var seen = new List<Type?> { (method as MethodInfo)?.ReturnType };
        seen.AddRange(method.GetParameters().Select(static parameter => parameter.ParameterType));
        if (method.GetMethodBody() is not { } body)
        {
            return seen;
        }

        seen.AddRange(body.LocalVariables.Select(static local => local.LocalType));
        seen.AddRange(body.ExceptionHandlingClauses
            .Where(static clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)
            .Select(static clause => clause.CatchType));
        foreach (var token in TokensOf(body.GetILAsByteArray()!))
        {
            seen.AddRange(OfMember(method, token));
        }

        return seen;
    }

    private static IEnumerable<Type?> OfMember(MethodBase method, int token)
    {
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, typeArguments, methodArguments) switch
        {
            Type type => [type],
            MethodInfo { IsGenericMethod: true } called => [called.DeclaringType, called.ReturnType, .. called.GetGenericArguments()],
            MethodInfo called => [called.DeclaringType, called.ReturnType],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            { } member => [member.DeclaringType],
            null => [],
        };
    }

    private static IEnumerable<int> TokensOf(byte[] il)
    {
        for (var at = 0; at < il.Length;)
        {
            var code = Codes[il[at] == TwoByteCode ? (short)((TwoByteCode << 8) | il[++at]) : il[at]];
            at++;
            switch (code.OperandType)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    yield return BitConverter.ToInt32(il, at);
                    at += 4;
                    break;
                case OperandType.InlineSwitch:
                    at += 4 + (4 * BitConverter.ToInt32(il, at));
                    break;
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    at += 1;
                    break;
                case OperandType.InlineVar:
                    at += 2;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    at += 8;
                    break;
                default:
                    at += 4;
                    break;
            }
        }
    }

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter)
        {
            return [];
        }

        if (type.HasElementType)
        {
            return Parts(type.GetElementType());
        }

        return type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)] : [type];
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type;
    }
}
