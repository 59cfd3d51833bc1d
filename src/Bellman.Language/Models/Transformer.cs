using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// A decoder-only transformer of the Llama, Qwen2 or Qwen3 layout: read from a Hugging Face folder and written back to
/// one, or built at any size; trained whole or by low-rank adapters.
/// </summary>
public sealed class Transformer : ILanguageModel
{
    // The size at which Hugging Face's own tools cut files.
    private const long LargestShard = 5_000_000_000;

    private readonly WeightStore weights;
    private readonly Device device;
    private readonly TorchEngine torchEngine;
    private readonly SimdEngine? simdEngine;
    private readonly FolderOrigin? origin;
    private LowRankAdapters? adapters;

    private Transformer(TransformerConfiguration configuration, TransformerOptions options, Device device, WeightStore weights, FolderOrigin? origin)
    {
        (Configuration, Options, this.device, this.weights, this.origin) = (configuration, options, device, weights, origin);
        torchEngine = new TorchEngine(configuration, weights, options, device);
        if (UsesKernels(options, weights)) { simdEngine = new SimdEngine(configuration, weights, options); }
    }

    /// <summary>Its shape.</summary>
    public TransformerConfiguration Configuration { get; }

    /// <summary>Where and how it computes.</summary>
    public TransformerOptions Options { get; }

    /// <inheritdoc/>
    public int VocabularySize => Configuration.VocabularySize;

    /// <inheritdoc/>
    public int ContextLength => Configuration.ContextLength;

    /// <inheritdoc/>
    public int HiddenSize => Configuration.HiddenSize;

    /// <summary>Numbers of all weights together, adapters apart.</summary>
    public long ParameterCount => weights.Layout.Size;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => adapters is not null ? [.. adapters.Tensors]
        : Options.Frozen ? []
        : [.. weights.Layout.Weights.Select(place => new NamedTensor(place.Name, weights[place.Name]))];

    /// <summary>
    /// The output matrix, [vocabulary, hidden]: logits are <see cref="ScoreOutputs.Hidden"/> times its transpose. The weights themselves
    /// without gradient, not a copy; the embedding's where they are tied.
    /// </summary>
    public Tensor OutputWeights => weights[Configuration.TiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight"].detach();

    /// <summary>The options of its adapters; null without.</summary>
    public LowRankOptions? Adapters => adapters?.Options;

    internal ITransformerEngine Engine => simdEngine is null ? torchEngine : simdEngine;

    /// <summary>A new model with weights drawn from <paramref name="random"/>.</summary>
    /// <exception cref="UsageException">The configuration or an option is out of range.</exception>
    public static Transformer Create(TransformerConfiguration configuration, RandomStream random, TransformerOptions? options = null)
    {
        var (checkedOptions, device) = Check(options);
        var weights = Store(configuration.Validated(), checkedOptions, device);
        TransformerInitializer.Initialize(weights, configuration, random);
        return new Transformer(configuration, checkedOptions, device, weights, null);
    }

    /// <summary>Reads a Hugging Face folder. Nothing in it is executed.</summary>
    /// <param name="folder">Holds config.json and model.safetensors, or its shards and their index.</param>
    /// <param name="options">Where and how it computes.</param>
    /// <exception cref="BellmanException">A file or tensor is missing, damaged, left over, or of an unsupported architecture, format or shape; it is named.</exception>
    public static Transformer Load(string folder, TransformerOptions? options = null)
    {
        var (checkedOptions, device) = Check(options);
        var (configuration, json) = HuggingFaceFolder.ReadConfiguration(folder);
        var weights = Store(configuration, checkedOptions, device);
        var read = false;
        try
        {
            var origin = HuggingFaceFolder.ReadWeights(folder, json, weights);
            read = true;
            return new Transformer(configuration, checkedOptions, device, weights, origin);
        }
        finally
        {
            if (!read) { weights.Dispose(); }
        }
    }

    /// <summary>The shape of the model in a folder, without reading its weights.</summary>
    /// <exception cref="UsageException">There is no valid config.json.</exception>
    public static TransformerConfiguration ReadConfiguration(string folder) => HuggingFaceFolder.ReadConfiguration(folder).Model;

    /// <summary>
    /// Writes a Hugging Face folder: config.json and safetensors, every tensor in the format it was read in. Adapters are
    /// merged into what is written; the model itself is unchanged.
    /// </summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="largestShard">Bytes of a file above which the weights are cut into several.</param>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public void Save(string folder, long largestShard = LargestShard)
    {
        using var without = no_grad();
        using var scope = NewDisposeScope();
        var tensors = weights.Layout.Weights.Select(place => (place, adapters is not null && adapters.Pairs.ContainsKey(place.Name)
            ? TensorState.ToArray(weights[place.Name].to(ScalarType.Float32) + adapters.Delta(place.Name)).AsMemory()
            : weights.Read(place))).ToList();
        HuggingFaceFolder.Write(folder, Configuration, tensors, origin, largestShard);
    }

    /// <inheritdoc/>
    public TokenScores Score(TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None) => Score(batch, null, temperature, outputs);

    /// <summary>As <see cref="Score(TokenBatch, double, ScoreOutputs)"/>, reading vectors in place of the tokens' embeddings: other modalities, soft prompts.</summary>
    /// <param name="embeddings">[rows, length, hidden]; gradients flow to them. What lies after a row's end is not read.</param>
    /// <param name="batch">Tells lengths, which positions are scored, and which tokens they are scored for.</param>
    /// <param name="temperature">Logits are divided by it first; above 0.</param>
    /// <param name="outputs">What else is wanted.</param>
    /// <exception cref="ArgumentException">The embeddings have another shape.</exception>
    public TokenScores Score(Tensor embeddings, TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None)
    {
        if (!embeddings.shape.SequenceEqual([batch.Rows, batch.Length, HiddenSize]))
        {
            throw new ArgumentException($"Embeddings are [{string.Join(", ", embeddings.shape)}]; this batch and model need [{batch.Rows}, {batch.Length}, {HiddenSize}].", nameof(embeddings));
        }
        return Score(batch, embeddings, temperature, outputs);
    }

    /// <summary>The embeddings of tokens: [rows, length, hidden], differentiable.</summary>
    public Tensor Embed(TokenBatch batch)
    {
        RequireFits(batch);
        using var scope = NewDisposeScope();
        return torchEngine.Blocks.Embed(tensor(Array.ConvertAll(batch.Tokens, token => (long)token), batch.Rows, batch.Length).to(device)).MoveToOuterDisposeScope();
    }

    /// <summary>Freezes the weights and adds adapters, which start without effect.</summary>
    /// <exception cref="UsageException">An option is out of range, or the model has adapters already.</exception>
    public void AddAdapters(LowRankOptions options, RandomStream random)
    {
        if (adapters is not null) { throw new UsageException("The model has adapters already. Merge them first."); }
        Use(new LowRankAdapters(weights.Layout, options, device, random));
    }

    /// <summary>Adds the adapters that PEFT, or <see cref="SaveAdapters"/>, wrote to a folder.</summary>
    /// <exception cref="BellmanException">A file is missing or damaged, or the adapters belong to another model.</exception>
    public void LoadAdapters(string folder)
    {
        if (adapters is not null) { throw new UsageException("The model has adapters already. Merge them first."); }
        var loaded = new LowRankAdapters(weights.Layout, AdapterFolder.ReadOptions(folder), device, null);
        AdapterFolder.ReadTensors(folder, loaded);
        Use(loaded);
    }

    /// <summary>Writes the adapters alone, in PEFT's layout.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="baseModel">Name or folder of the model they belong to.</param>
    /// <exception cref="BellmanException">There are none, or the folder cannot be written.</exception>
    public void SaveAdapters(string folder, string baseModel) =>
        AdapterFolder.Write(folder, adapters ?? throw new UsageException("The model has no adapters. Save the model itself."), baseModel);

    /// <summary>Adds the adapters' products to the weights, which become trainable again, and lets go of the adapters.</summary>
    public void MergeAdapters()
    {
        if (adapters is null) { return; }
        using (no_grad())
        {
            using var scope = NewDisposeScope();
            foreach (var name in adapters.Pairs.Keys) { weights[name].add_(adapters.Delta(name).to(weights[name].dtype)); }
        }
        adapters.Dispose();
        adapters = null;
        Attach();
        weights.Trainable = !Options.Frozen;
    }

    /// <inheritdoc/>
    public ILanguageModel Copy() => CopyTransformer(Options);

    /// <summary>As <see cref="Copy"/>, under other options: a frozen reference, for one.</summary>
    /// <exception cref="UsageException">The options name another device or precision.</exception>
    public Transformer CopyTransformer(TransformerOptions options)
    {
        if (options.Device != Options.Device || options.Precision != Options.Precision) { throw new UsageException("A copy lives on the same device in the same precision. Save the model and load it elsewhere."); }
        var copy = new Transformer(Configuration, options, device, weights.Copy(!options.Frozen && adapters is null), origin);
        if (adapters is not null) { copy.Use(adapters.Copy()); }
        return copy;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        // Under adapters the weights do not change: the folder they came from has them.
        if (adapters is not null) { adapters.Exchange(state); }
        else { weights.Exchange(state); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        torchEngine.Dispose();
        simdEngine?.Dispose();
        adapters?.Dispose();
        weights.Dispose();
    }

    internal void RequireFits(TokenBatch batch)
    {
        if (batch.Length > ContextLength) { throw new UsageException($"A row of {batch.Length} tokens does not fit the model's context of {ContextLength}. Shorten it."); }
        for (var row = 0; row < batch.Rows; row++)
        {
            foreach (var token in batch.Tokens.AsSpan(row * batch.Length, batch.Lengths[row]))
            {
                if ((uint)token >= (uint)VocabularySize) { throw new UsageException($"Row {row} holds the token {token}, outside the model's vocabulary of {VocabularySize}. Use the tokenizer that belongs to the model."); }
            }
        }
    }

    private TokenScores Score(TokenBatch batch, Tensor? embeddings, double temperature, ScoreOutputs outputs)
    {
        if (!(temperature > 0) || !double.IsFinite(temperature)) { throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "Scores need a temperature above 0."); }
        RequireFits(batch);
        return Engine.Score(batch, embeddings, temperature, outputs);
    }

    private void Use(LowRankAdapters added)
    {
        adapters = added;
        Attach();
        weights.Trainable = false;
    }

    private void Attach()
    {
        torchEngine.Blocks.Adapters = adapters;
        if (simdEngine is not null) { simdEngine.Adapters = adapters; }
    }

    private static bool UsesKernels(TransformerOptions options, WeightStore weights)
    {
        var can = weights.Flat is not null && options.Precision == TransformerPrecision.Full;
        if (options.Engine == TransformerEngine.Simd && !can) { throw new UsageException("The simd engine computes in float32 on the CPU. Use the torch engine for other devices and precisions."); }
        return can && (options.Engine == TransformerEngine.Simd || (options.Engine == TransformerEngine.Auto && weights.Layout.Size <= TransformerOptions.LargestForKernels));
    }

    private static WeightStore Store(TransformerConfiguration configuration, TransformerOptions options, Device device)
    {
        var type = options is { Precision: TransformerPrecision.BFloat16, Frozen: true } ? ScalarType.BFloat16 : ScalarType.Float32;
        return new WeightStore(new TransformerLayout(configuration), device, type, trainable: !options.Frozen);
    }

    private static (TransformerOptions Options, Device Device) Check(TransformerOptions? options)
    {
        options = OptionSet.Validated(options ?? new TransformerOptions(), "a transformer");
        TorchRuntime.EnsureLoaded();
        if (options.Device != "cpu" && options.Device != "cuda" && !options.Device.StartsWith("cuda:", StringComparison.Ordinal)) { throw new UsageException($"The device '{options.Device}' is not known. Devices are cpu, cuda, cuda:0, cuda:1 and so on."); }
        if (options.Device != "cpu" && !cuda.is_available()) { throw new UsageException($"The device '{options.Device}' is not available: there is no CUDA GPU, or this build brings the CPU's libtorch. Build with -p:LibTorch=cuda on a machine with a GPU, or use --device cpu."); }
        return (options, new Device(options.Device));
    }
}
