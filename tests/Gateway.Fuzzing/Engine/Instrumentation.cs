using dnlib.DotNet;
using dnlib.DotNet.Emit;

namespace Gateway.Fuzzing.Engine;

/// <summary>
/// Makes an assembly count its edges in <see cref="EdgeMap"/>: each block (a method's begin, where a branch leads, what follows one, a
/// handler) begins with <c>Counts[id ^ Previous]++; Previous = id >> 1</c>. An id is made of the method's name and the block's number, so
/// that the same sources give the same edges.
/// </summary>
internal static class Instrumentation
{
    /// <summary>Changes the file in place.</summary>
    /// <returns>So many blocks.</returns>
    public static int Apply(string path)
    {
        using var module = ModuleDefMD.Load(File.ReadAllBytes(path));
        using var own = ModuleDefMD.Load(typeof(EdgeMap).Module);
        var map = own.Find(typeof(EdgeMap).FullName, isReflectionName: false);
        var counts = module.Import(map.FindField(nameof(EdgeMap.Counts)));
        var previous = module.Import(map.FindField(nameof(EdgeMap.Previous)));

        // What the compiler writes about itself has nothing to count.
        var methods = module.GetTypes()
            .Where(static type => !string.Equals(type.Namespace, "Microsoft.CodeAnalysis", StringComparison.Ordinal))
            .SelectMany(static type => type.Methods)
            .Where(static method => method.HasBody && method.Body.Instructions.Count > 0);
        var blocks = methods.Sum(method => Apply(method, counts, previous));
        module.Write(path);
        return blocks;
    }

    private static int Apply(MethodDef method, MemberRef counts, MemberRef previous)
    {
        var body = method.Body;
        body.SimplifyMacros(method.Parameters);
        var starts = StartsOf(body);
        var first = new Dictionary<Instruction, Instruction>();
        var all = new List<Instruction>(body.Instructions.Count + (starts.Count * 12));
        var hash = HashOf(method.FullName);
        foreach (var instruction in body.Instructions)
        {
            if (starts.Contains(instruction))
            {
                var id = (int)(BlockHash(hash, first.Count) % EdgeMap.Size);
                first.Add(instruction, Count(all, id, counts, previous));
            }

            all.Add(instruction);
        }

        Redirect(body, first);
        body.Instructions.Clear();
        foreach (var instruction in all)
        {
            body.Instructions.Add(instruction);
        }

        body.OptimizeMacros();
        body.OptimizeBranches();
        return starts.Count;
    }

    private static HashSet<Instruction> StartsOf(CilBody body)
    {
        var starts = new HashSet<Instruction> { body.Instructions[0] };
        for (var i = 0; i < body.Instructions.Count; i++)
        {
            var instruction = body.Instructions[i];
            if (instruction.Operand is Instruction target)
            {
                starts.Add(target);
            }
            else if (instruction.Operand is IEnumerable<Instruction> targets)
            {
                starts.UnionWith(targets);
            }

            if (instruction.OpCode.FlowControl == FlowControl.Cond_Branch && i + 1 < body.Instructions.Count)
            {
                starts.Add(body.Instructions[i + 1]);
            }
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            starts.Add(handler.HandlerStart);
            if (handler.FilterStart is not null)
            {
                starts.Add(handler.FilterStart);
            }
        }

        return starts;
    }

    private static Instruction Count(List<Instruction> to, int id, MemberRef counts, MemberRef previous)
    {
        var first = OpCodes.Ldsfld.ToInstruction(counts);
        to.Add(first);
        to.Add(Instruction.CreateLdcI4(id));
        to.Add(OpCodes.Ldsfld.ToInstruction(previous));
        to.Add(OpCodes.Xor.ToInstruction());
        to.Add(OpCodes.Add.ToInstruction());
        to.Add(OpCodes.Dup.ToInstruction());
        to.Add(OpCodes.Ldind_U1.ToInstruction());
        to.Add(OpCodes.Ldc_I4_1.ToInstruction());
        to.Add(OpCodes.Add.ToInstruction());
        to.Add(OpCodes.Conv_U1.ToInstruction());
        to.Add(OpCodes.Stind_I1.ToInstruction());
        to.Add(Instruction.CreateLdcI4(id >> 1));
        to.Add(OpCodes.Stsfld.ToInstruction(previous));
        return first;
    }

    private static void Redirect(CilBody body, Dictionary<Instruction, Instruction> first)
    {
        Instruction? Of(Instruction? instruction) =>
            instruction is not null && first.TryGetValue(instruction, out var moved) ? moved : instruction;

        foreach (var instruction in body.Instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction target => Of(target),
                IEnumerable<Instruction> targets => targets.Select(Of).ToArray(),
                var other => other,
            };
        }

        foreach (var handler in body.ExceptionHandlers)
        {
            handler.TryStart = Of(handler.TryStart);
            handler.TryEnd = Of(handler.TryEnd);
            handler.HandlerStart = Of(handler.HandlerStart);
            handler.HandlerEnd = Of(handler.HandlerEnd);
            handler.FilterStart = Of(handler.FilterStart);
        }
    }

    private static ulong HashOf(string name) =>
        name.Aggregate(14695981039346656037, static (hash, letter) => (hash ^ letter) * 1099511628211);

    private static ulong BlockHash(ulong method, int block)
    {
        var hash = (method ^ (uint)block) * 0x9e3779b97f4a7c15;
        hash = (hash ^ (hash >> 29)) * 0xbf58476d1ce4e5b9;
        return hash ^ (hash >> 32);
    }
}
