using System.Runtime.InteropServices;

namespace Bellman.Algorithms;

/// <summary>The element types of ONNX tensors that policies use.</summary>
internal enum OnnxType
{
    Float = 1,
    Int64 = 7,
    Bool = 9,
    Double = 11,
}

/// <summary>
/// A graph of ONNX operators under construction: each operator's output gets a name of its own. Field numbers are those
/// of onnx.proto, IR version 8.
/// </summary>
internal sealed class OnnxGraph
{
    /// <summary>The operator set: the first that has LayerNormalization.</summary>
    public const int Opset = 17;

    private const int IrVersion = 8;

    private readonly ProtobufWriter content = new();
    private int values;

    /// <summary>Declares an input [batch, size].</summary>
    public string Input(string name, OnnxType type, int size)
    {
        content.Message(11, info => Describe(info, name, type, size));
        return name;
    }

    /// <summary>Gives a value the name of an output [batch, size] of floats.</summary>
    public void Output(string name, string value, int size)
    {
        content.Message(1, node => WriteNode(node, "Identity", [value], name, []));
        content.Message(12, info => Describe(info, name, OnnxType.Float, size));
    }

    /// <summary>An operator over earlier values.</summary>
    public string Node(string operation, IReadOnlyList<string> inputs, params (string Name, object Value)[] attributes)
    {
        var output = NewName(operation);
        content.Message(1, node => WriteNode(node, operation, inputs, output, attributes));
        return output;
    }

    public string Constant(ReadOnlySpan<float> data, params int[] shape) => Tensor(OnnxType.Float, MemoryMarshal.AsBytes(data).ToArray(), shape);

    public string Constant(ReadOnlySpan<double> data, params int[] shape) => Tensor(OnnxType.Double, MemoryMarshal.AsBytes(data).ToArray(), shape);

    public string Constant(ReadOnlySpan<long> data, params int[] shape) => Tensor(OnnxType.Int64, MemoryMarshal.AsBytes(data).ToArray(), shape);

    /// <summary>The model file.</summary>
    public byte[] ToModel(string name, string version, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ProtobufWriter();
        model.Integer(1, IrVersion);
        model.Text(2, "Bellman");
        model.Text(3, version);
        content.Text(2, name);
        model.Raw(7, content.Bytes);
        model.Message(8, opset =>
        {
            opset.Text(1, "");
            opset.Integer(2, Opset);
        });
        foreach (var (key, value) in metadata)
        {
            model.Message(14, entry =>
            {
                entry.Text(1, key);
                entry.Text(2, value);
            });
        }
        return model.Bytes.ToArray();
    }

    private string NewName(string kind) => $"{char.ToLowerInvariant(kind[0])}{kind[1..]}_{values++}";

    private string Tensor(OnnxType type, byte[] data, int[] shape)
    {
        var name = NewName("constant");
        content.Message(5, tensor =>
        {
            foreach (var side in shape) { tensor.Integer(1, side); }
            tensor.Integer(2, (int)type);
            tensor.Text(8, name);
            tensor.Raw(9, data);
        });
        return name;
    }

    private static void WriteNode(ProtobufWriter node, string operation, IReadOnlyList<string> inputs, string output, (string Name, object Value)[] attributes)
    {
        foreach (var input in inputs) { node.Text(1, input); }
        node.Text(2, output);
        node.Text(3, output);
        node.Text(4, operation);
        foreach (var (name, value) in attributes)
        {
            node.Message(5, attribute => WriteAttribute(attribute, name, value));
        }
    }

    private static void WriteAttribute(ProtobufWriter attribute, string name, object value)
    {
        const int floatKind = 1, integerKind = 2, integersKind = 7;
        attribute.Text(1, name);
        switch (value)
        {
            case float number:
                attribute.Single(2, number);
                attribute.Integer(20, floatKind);
                break;
            case int number:
                attribute.Integer(3, number);
                attribute.Integer(20, integerKind);
                break;
            case int[] numbers:
                foreach (var number in numbers) { attribute.Integer(8, number); }
                attribute.Integer(20, integersKind);
                break;
            default:
                throw new ArgumentException($"An attribute of type {value.GetType()} is not written here.", nameof(value));
        }
    }

    private static void Describe(ProtobufWriter info, string name, OnnxType type, int size)
    {
        info.Text(1, name);
        info.Message(2, kind => kind.Message(1, tensor =>
        {
            tensor.Integer(1, (int)type);
            tensor.Message(2, shape =>
            {
                shape.Message(1, side => side.Text(2, "batch"));
                shape.Message(1, side => side.Integer(1, size));
            });
        }));
    }
}
