namespace Bellman.Neural;

/// <inheritdoc cref="ImplicitQuantilePart"/>
internal sealed class ImplicitQuantileNetwork : IQuantileNetwork
{
    private readonly INetwork trunk;
    private readonly INetwork embedding;
    private readonly INetwork head;
    private readonly int samples;
    private readonly int features;
    private readonly int actions;
    private readonly float[] probabilities;
    // [samples, cosines].
    private readonly float[] cosines;
    private readonly Rows inference = new();
    private readonly Rows training = new();

    public ImplicitQuantileNetwork(INetwork trunk, INetwork embedding, INetwork head, int samples)
    {
        (this.trunk, this.embedding, this.head, this.samples) = (trunk, embedding, head, samples);
        (features, actions) = (trunk.Outputs, head.Outputs);
        probabilities = new float[samples];
        cosines = new float[samples * embedding.Inputs];
        SilenceNoise();
    }

    public int Inputs => trunk.Inputs;

    public int Outputs => actions * samples;

    public ParameterBuffer Parameters => trunk.Parameters;

    public ReadOnlyMemory<float> Probabilities => probabilities;

    /// <summary>cos(pi i tau), i = 0, 1, ...</summary>
    public static void Cosines(float probability, Span<float> cosines)
    {
        for (var i = 0; i < cosines.Length; i++) { cosines[i] = MathF.Cos(MathF.PI * i * probability); }
    }

    public void DrawNoise(RandomStream random)
    {
        foreach (ref var probability in probabilities.AsSpan()) { probability = random.NextSingle(); }
        Embed();
        foreach (var network in (ReadOnlySpan<INetwork>)[trunk, head]) { (network as INoisyNetwork)?.DrawNoise(random); }
    }

    public void SilenceNoise()
    {
        for (var i = 0; i < samples; i++) { probabilities[i] = (i + 0.5f) / samples; }
        Embed();
        foreach (var network in (ReadOnlySpan<INetwork>)[trunk, head]) { (network as INoisyNetwork)?.SilenceNoise(); }
    }

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        inference.Ensure(batch, samples, features, actions);
        trunk.Forward(inputs, batch, inference.Features(batch));
        embedding.Forward(cosines, samples, inference.Embedded);
        Multiply(inference, batch);
        head.Forward(inference.Products(batch), batch * samples, inference.Values(batch));
        Transpose(inference.Values(batch), batch, samples, actions, outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        training.Ensure(batch, samples, features, actions);
        trunk.ForwardTraining(inputs, batch, training.Features(batch));
        embedding.ForwardTraining(cosines, samples, training.Embedded);
        Multiply(training, batch);
        head.ForwardTraining(training.Products(batch), batch * samples, training.Values(batch));
        Transpose(training.Values(batch), batch, samples, actions, outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        training.Ensure(batch, samples, features, actions);
        var values = training.Values(batch);
        Transpose(outputGradients, batch, actions, samples, values);
        // The products' gradients overwrite the products, which the head has kept for itself.
        var products = training.Products(batch);
        head.Backward(values, batch * samples, products, parameterGradients);
        // d(x * phi): to x it is d phi summed over samples, to phi it is d x summed over rows.
        var ofFeatures = training.FeatureGradients(batch);
        var ofEmbedded = training.EmbeddedGradients;
        ofFeatures.Clear();
        ofEmbedded.Clear();
        for (var row = 0; row < batch; row++)
        {
            for (var sample = 0; sample < samples; sample++)
            {
                var gradient = products.Slice((row * samples + sample) * features, features);
                var (from, to) = (row * features, sample * features);
                VectorKernels.Active.AddProduct(ofFeatures.Slice(from, features), gradient, training.Embedded.Slice(to, features), 1);
                VectorKernels.Active.AddProduct(ofEmbedded.Slice(to, features), gradient, training.Features(batch).Slice(from, features), 1);
            }
        }
        embedding.Backward(ofEmbedded, samples, default, parameterGradients);
        trunk.Backward(ofFeatures, batch, inputGradients, parameterGradients);
    }

    public void Dispose()
    {
        trunk.Dispose();
        embedding.Dispose();
        head.Dispose();
    }

    private void Embed()
    {
        for (var i = 0; i < samples; i++) { Cosines(probabilities[i], cosines.AsSpan(i * embedding.Inputs, embedding.Inputs)); }
    }

    /// <summary>[batch, samples, features]: every row's features times every sample's embedding.</summary>
    private void Multiply(Rows rows, int batch)
    {
        var products = rows.Products(batch);
        products.Clear();
        for (var row = 0; row < batch; row++)
        {
            var x = rows.Features(batch).Slice(row * features, features);
            for (var sample = 0; sample < samples; sample++)
            {
                VectorKernels.Active.AddProduct(products.Slice((row * samples + sample) * features, features), x, rows.Embedded.Slice(sample * features, features), 1);
            }
        }
    }

    /// <summary>[batch, first, second] into [batch, second, first].</summary>
    private static void Transpose(ReadOnlySpan<float> source, int batch, int first, int second, Span<float> destination)
    {
        for (var row = 0; row < batch; row++)
        {
            var start = row * first * second;
            for (var i = 0; i < first; i++)
            {
                for (var j = 0; j < second; j++) { destination[start + j * first + i] = source[start + i * second + j]; }
            }
        }
    }

    /// <summary>What lies between the networks; grows with the largest batch.</summary>
    private sealed class Rows
    {
        private float[] featureRows = [];
        private float[] featureGradients = [];
        private float[] products = [];
        private float[] values = [];
        private float[] embedded = [];
        private float[] embeddedGradients = [];
        private int samples, features, actions;

        public Span<float> Embedded => embedded;

        public Span<float> EmbeddedGradients => embeddedGradients;

        public void Ensure(int batch, int samples, int features, int actions)
        {
            (this.samples, this.features, this.actions) = (samples, features, actions);
            if (values.Length >= batch * samples * actions) { return; }
            featureRows = new float[batch * features];
            featureGradients = new float[batch * features];
            products = new float[batch * samples * features];
            values = new float[batch * samples * actions];
            embedded = new float[samples * features];
            embeddedGradients = new float[samples * features];
        }

        public Span<float> Features(int batch) => featureRows.AsSpan(0, batch * features);

        public Span<float> FeatureGradients(int batch) => featureGradients.AsSpan(0, batch * features);

        public Span<float> Products(int batch) => products.AsSpan(0, batch * samples * features);

        public Span<float> Values(int batch) => values.AsSpan(0, batch * samples * actions);
    }
}
